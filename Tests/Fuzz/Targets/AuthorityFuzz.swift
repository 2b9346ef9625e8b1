import Glibc

@testable import DataPlane

/// Hosts with ports.
enum AuthorityFuzz {
    /// One host a line; the first two are compared with each other.
    static func run(_ bytes: [UInt8]) throws(Finding) -> String {
        let lines = bytes.split(separator: 10, maxSplits: 1, omittingEmptySubsequences: false).map { Array($0) }
        var ranges: [ByteRange] = []
        var words: [String] = []
        var start = 0
        for line in lines {
            // Other bytes lie around it, which must not matter.
            let range = ByteRange(start, start + line.count)
            start += line.count + 1
            let isValid = Authority.isValid(bytes.span.bytes, range)
            let wanted = parts(line)
            try expect(isValid == (wanted != nil), "\(isValid ? "valid" : "not valid"): \(line.shown)")
            words.append(isValid ? "valid" : "not valid")
            guard let wanted else { continue }
            let hasPort = Authority.hasPort(bytes.span.bytes, range)
            // Nobody can connect to port zero.
            let isPort = wanted.port.map { $0.contains { $0 != UInt8(ascii: "0") } } ?? false
            try expect(hasPort == isPort, "a port or not: \(line.shown)")
            ranges.append(range)
        }
        guard lines.count == 2, ranges.count == 2, let one = parts(lines[0]), let other = parts(lines[1]) else {
            return words.joined(separator: ", ")
        }
        let areEqual = Authority.areEqual(bytes.span.bytes, ranges[0], ranges[1])
        let wanted = one.host.lowercasedText == other.host.lowercasedText && one.portOrDefault == other.portOrDefault
        try expect(areEqual == wanted, "\(areEqual ? "equal" : "not equal"): \(bytes.shown)")
        if one.port?.contains(where: { $0 != UInt8(ascii: "0") }) ?? false {
            let agrees = Authority.agrees(bytes.span.bytes, ranges[0], host: ranges[1])
            let isSame = lines[0].lowercasedText == lines[1].lowercasedText
            let isHost = one.host.lowercasedText == lines[1].lowercasedText
            try expect(agrees == (isSame || isHost), "\(agrees ? "agree" : "do not agree"): \(bytes.shown)")
        }
        return areEqual ? "equal" : "not equal"
    }

    struct Parts {
        var host: [UInt8]
        /// Nil without a colon.
        var port: [UInt8]?
        var portOrDefault: [UInt8] { port.map { $0.isEmpty ? [0x38, 0x30] : $0 } ?? [0x38, 0x30] }
    }

    /// The parts by the grammar (RFC 3986, section 3.2, without user information); nil when they do not fit it.
    static func parts(_ text: [UInt8]) -> Parts? {
        var parts = Parts(host: text, port: nil)
        if text.first == UInt8(ascii: "[") {
            guard let end = text.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            parts.host = Array(text[...end])
            let rest = text[(end + 1)...]
            guard isAddress(text[1..<end]), rest.isEmpty || rest.first == 0x3A else { return nil }
            if !rest.isEmpty { parts.port = Array(rest.dropFirst()) }
        } else {
            if let colon = text.firstIndex(of: 0x3A) {
                parts.host = Array(text[..<colon])
                parts.port = Array(text[(colon + 1)...])
            }
            guard !parts.host.isEmpty, isName(parts.host) else { return nil }
        }
        if let port = parts.port {
            guard port.count <= 5, port.allSatisfy(StrictMessage.isDigit) else { return nil }
            if !port.isEmpty, Int(String(decoding: port, as: UTF8.self)) ?? .max > 65535 { return nil }
        }
        return parts
    }

    private static func isName(_ name: [UInt8]) -> Bool {
        var rest = name[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard rest.count >= 2, isHex(rest.removeFirst()), isHex(rest.removeFirst()) else { return false }
            } else {
                let isLetter = (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                guard isLetter || StrictMessage.isDigit(byte) || "-._~!$&'()*+,;=".utf8.contains(byte) else {
                    return false
                }
            }
        }
        return true
    }

    // As the C library sees it; a zero would end its string.
    private static func isAddress(_ text: ArraySlice<UInt8>) -> Bool {
        var address = in6_addr()
        return !text.contains(0) && inet_pton(AF_INET6, String(decoding: text, as: UTF8.self), &address) == 1
    }

    static func isHex(_ byte: UInt8) -> Bool {
        StrictMessage.isDigit(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }
}

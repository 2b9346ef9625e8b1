@testable import DataPlane

/// Values of Via.
enum ViaFuzz {
    static func run(_ bytes: [UInt8]) throws(Finding) -> String {
        let value = Array(StrictMessage.trimmed(bytes.filter(StrictMessage.isText)[...]))
        var elements = ViaElements(ByteRange(0, value.count))
        var receivers: [[UInt8]] = []
        while let receiver = elements.nextReceiver(value.span.bytes) {
            receivers.append(Array(value[receiver.bounds]))
            try expect(receivers.count <= value.count + 1, "more elements than bytes: \(value.shown)")
        }
        if let wanted = Self.receivers(value) {
            let found = receivers.filter { !$0.isEmpty }
            try expect(found == wanted, "\(found.map(\.shown)), \(wanted.map(\.shown)) by the grammar: \(value.shown)")
        }
        // Whatever a client wrote before it, our own element behind it is seen.
        let more = value + Array(", 1.1 sluice".utf8)
        var all = ViaElements(ByteRange(0, more.count))
        var isSeen = false
        while let receiver = all.nextReceiver(more.span.bytes) {
            isSeen = isSeen || Array(more[receiver.bounds]) == Array("sluice".utf8)
        }
        try expect(isSeen, "hidden behind \(value.shown)")
        return "\(receivers.count) elements"
    }

    /// The receivers by RFC 9110, section 7.6.3; nil when the value is not of that grammar.
    private static func receivers(_ value: [UInt8]) -> [[UInt8]]? {
        var receivers: [[UInt8]] = []
        var rest = value[...]
        func skipBlanks() { rest = rest.drop { $0 == 0x20 || $0 == 9 } }
        func word() -> [UInt8] {
            let word = rest.prefix { $0 > 0x20 && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "(") }
            rest = rest.dropFirst(word.count)
            return Array(word)
        }
        while true {
            skipBlanks()
            if rest.first != UInt8(ascii: ","), !rest.isEmpty {
                guard !word().isEmpty, let blank = rest.first, blank == 0x20 || blank == 9 else { return nil }
                skipBlanks()
                let receiver = word()
                guard !receiver.isEmpty else { return nil }
                receivers.append(receiver)
                skipBlanks()
                if rest.first == UInt8(ascii: "(") {
                    guard let behind = behindComment(rest) else { return nil }
                    rest = behind
                    skipBlanks()
                }
            }
            guard let comma = rest.popFirst() else { return receivers }
            guard comma == UInt8(ascii: ",") else { return nil }
        }
    }

    private static func behindComment(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        var rest = text
        var depth = 0
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"): depth -= 1
            case UInt8(ascii: "\\"): if rest.popFirst() == nil { return nil }
            default: break
            }
            if depth == 0 { return rest }
        }
        return nil
    }
}

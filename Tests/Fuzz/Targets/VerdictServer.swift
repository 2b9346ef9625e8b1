import Glibc

@testable import DataPlane

/// Says of messages what becomes of them, for a program that holds our verdicts against another parser's.
///
/// Input, again and again: `q` for a request or the first letter of the method that a response answers (`G`, `H`, `C`),
/// four bytes of length, most significant first, and so many bytes. Output: a line of JSON for each.
enum VerdictServer {
    /// Serves until the input ends.
    static func serve() {
        var input = Input()
        while let kind = input.next() {
            var length = 0
            for _ in 0..<4 { length = length << 8 | Int(input.next() ?? 0) }
            var bytes: [UInt8] = []
            for _ in 0..<length { bytes.append(input.next() ?? 0) }
            write((kind == UInt8(ascii: "q") ? request(bytes) : response(bytes, kind)) + "\n", to: STDOUT_FILENO)
        }
    }

    /// Writes all of `text`, unless the reader is gone.
    static func write(_ text: String, to descriptor: CInt) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest.removeFirst(count)
        }
    }

    /// The standard input, byte by byte.
    private struct Input {
        private var bytes = [UInt8](repeating: 0, count: 1 << 16)
        private var offset = 0
        private var end = 0

        mutating func next() -> UInt8? {
            if offset == end {
                offset = 0
                end = max(0, bytes.withUnsafeMutableBytes { read(STDIN_FILENO, $0.baseAddress, $0.count) })
                if end == 0 { return nil }
            }
            offset += 1
            return bytes[offset - 1]
        }
    }

    private static func request(_ bytes: [UInt8]) -> String {
        var head = RequestHead()
        switch RequestFuzz.parse(bytes, &head) {
        case .more: return #"{"verdict":"more"}"#
        case .failed(let error): return refused(error)
        case .head(let length):
            let line = [bytes[head.methodRange.bounds], bytes[head.target.bounds]]
            return message(
                bytes, length, line, head.fields, head.section.connectionNames(bytes.span.bytes), framing: head.framing,
                minor: head.versionMinor,
                keepAlive: head.keepAlive)
        }
    }

    private static func response(_ bytes: [UInt8], _ kind: UInt8) -> String {
        let method: Method =
            switch kind {
            case UInt8(ascii: "H"): .head
            case UInt8(ascii: "C"): .connect
            default: .get
            }
        var head = ResponseHead()
        switch ResponseFuzz.parse(bytes, &head, method) {
        case .more: return #"{"verdict":"more"}"#
        case .failed(let error): return refused(error)
        case .head(let length):
            let line = [Array(String(head.status).utf8)[...], bytes[head.reason.bounds]]
            return message(
                bytes, length, line, head.fields, head.section.connectionNames(bytes.span.bytes),
                framing: head.framing(for: method), minor: head.versionMinor,
                keepAlive: head.keepAlive)
        }
    }

    private static func refused(_ error: HTTP1Error) -> String { #"{"verdict":"refused","error":"\#(error)"}"# }

    private static func message(
        _ bytes: [UInt8], _ length: Int, _ line: [ArraySlice<UInt8>], _ fields: ArraySlice<Field>,
        _ names: ConnectionNames?, framing: BodyFraming, minor: UInt8, keepAlive: Bool
    ) -> String {
        let rest = Array(bytes[length...])
        var reader = BodyReader(framing, connection: names)
        let progress: BodyReader.Progress
        do throws(HTTP1Error) {
            progress = try reader.take(rest.span.bytes)
        } catch {
            return refused(error)
        }
        var body = Array(rest[..<progress.consumed])
        if framing == .chunked, case .end(let data, _) = ReferenceChunks.decode(rest) { body = data }
        let isWhole = progress.isComplete || framing == .none
        let list = fields.map { "[\"\(hex(bytes[$0.name.bounds]))\",\"\(hex(bytes[$0.value.bounds]))\"]" }
        return """
            {"verdict":"\(isWhole ? "accepted" : "body")","line":["\(hex(line[0]))","\(hex(line[1]))"],\
            "fields":[\(list.joined(separator: ","))],"body":"\(hex(body[...]))","rest":\(rest.count - progress.consumed),\
            "minor":\(minor),"framing":"\(name(of: framing))","keepAlive":\(keepAlive)}
            """
    }

    private static func name(of framing: BodyFraming) -> String {
        switch framing {
        case .none: "none"
        case .length: "length"
        case .chunked: "chunked"
        case .untilClose: "untilClose"
        }
    }

    private static func hex(_ bytes: ArraySlice<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

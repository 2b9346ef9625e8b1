import FoundationEssentials

/// Reads a request's body as JSON, stricter than the library: UTF-8 only, no name twice in an object, no deep nesting.
enum JSONBody {
    /// Why a body is not taken, in words.
    struct Fault: Error, Equatable {
        let detail: String
    }

    /// No resource needs more than three; the decoder recurses, so this bounds its stack.
    static let depthMax = 32

    /// The value of a body; throws what is wrong with it.
    static func decode(_ body: [UInt8]) throws(Fault) -> JSONValue {
        guard !body.isEmpty else { throw Fault(detail: "The body is empty; it must be JSON.") }
        // The library would guess UTF-16 or UTF-32 from zero bytes or a mark; on the wire it is UTF-8 (RFC 8259, 8.1).
        guard String(validating: body, as: UTF8.self) != nil, !body.contains(0), body.first != 0xEF else {
            throw Fault(detail: "The body must be UTF-8 without a byte order mark.")
        }
        let outline = Outline(of: body)
        guard outline.depth <= depthMax else {
            throw Fault(detail: "The body nests deeper than \(depthMax) levels.")
        }
        // The library takes a comma before a closing bracket, which RFC 8259 does not.
        guard !outline.hasTrailingComma, let value = try? JSONDecoder().decode(JSONValue.self, from: Data(body)) else {
            throw Fault(detail: "The body is not valid JSON.")
        }
        // Outside of strings each colon is one member; a name that stands twice in an object is one member less.
        guard outline.colons == value.memberCount else {
            throw Fault(detail: "The body has an object in which a name stands twice.")
        }
        return value
    }

    /// What can be told of JSON without decoding it.
    private struct Outline {
        var depth = 0
        var colons = 0
        var hasTrailingComma = false

        init(of body: [UInt8]) {
            var level = 0
            var isString = false
            var isEscaped = false
            var isAfterComma = false
            for byte in body {
                if isString {
                    if isEscaped {
                        isEscaped = false
                    } else if byte == UInt8(ascii: "\\") {
                        isEscaped = true
                    } else if byte == UInt8(ascii: "\"") {
                        isString = false
                    }
                    continue
                }
                switch byte {
                case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): continue
                case UInt8(ascii: "\""): isString = true
                case UInt8(ascii: ":"): colons += 1
                case UInt8(ascii: "{"), UInt8(ascii: "["):
                    level += 1
                    depth = max(depth, level)
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    level -= 1
                    if isAfterComma { hasTrailingComma = true }
                default: break
                }
                isAfterComma = byte == UInt8(ascii: ",")
            }
        }
    }
}

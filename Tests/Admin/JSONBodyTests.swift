import TestSupport
import Testing

@testable import Admin

@Suite struct JSONBodyTests {
    private static let nested: JSONValue = ["a": ["b": .list([.number(1), ["c:": .string("\"{")]])]]
    private static let values: [(String, JSONValue)] = [
        ("null", .null), (" true ", .bool(true)), ("1", .number(1)), ("-1.5e3", .number(-1500)),
        (#""\u0061\n:{[""#, .string("a\n:{[")), ("[]", .list([])), ("{}", .object([:])),
        (#"{"a": {"b": [1, {"c:": "\"{"}]}}"#, nested),
    ]

    @Test("JSON is read", arguments: values)
    func good(text: String, value: JSONValue) throws {
        #expect(try JSONBody.decode(Array(text.utf8)) == value)
    }

    @Test(
        "what is no JSON, or could be read in two ways, is not",
        arguments: [
            "", " ", "{", "}", "{]", "[1,]", "[1 , ]", "[\"a\",\n]", "{\"a\":1,}", "{a:1}", "'a'", "1 2", "nul", "NaN",
            "Infinity", "01", "+1",
            "\"\u{1}\"", "// x\n1", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "[{\"x\":{\"b\":1,\"b\":1}}]",
            "\u{FEFF}{}", "1\0", "\"\\x\"",
        ])
    func bad(text: String) {
        #expect(throws: JSONBody.Fault.self) { try JSONBody.decode(Array(text.utf8)) }
    }

    @Test("other encodings are refused")
    func encodings() {
        for bytes: [UInt8] in [
            [0x7B, 0, 0x7D, 0], [0xFF, 0xFE, 0x7B, 0], [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22],
        ] {
            #expect(throws: JSONBody.Fault.self) { try JSONBody.decode(bytes) }
        }
    }

    @Test("deep nesting is refused before it costs a stack", arguments: ["[", "{\"a\":", "[{\"a\":"])
    func deep(unit: String) {
        for count in [33, 600, 100_000] {
            #expect(throws: JSONBody.Fault.self) {
                try JSONBody.decode(Array(String(repeating: unit, count: count).utf8))
            }
        }
        let closed = String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
        #expect(throws: Never.self) { try JSONBody.decode(Array(closed.utf8)) }
    }

    @Test("any bytes are a value or a fault", arguments: Seeds.forThisRun(20))
    func random(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let start = Array(#"{"mode": "normal", "maxSockets": 50, "a": [1.5e3, null, true, {"b": "\u00e9\\"}]}"#.utf8)
        var decoded = 0
        for _ in 0..<500 {
            var body = start
            for _ in 0..<Int.random(in: 1...4, using: &random) where !body.isEmpty {
                let index = Int.random(in: body.indices, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: body[index] = UInt8.random(in: 0...255, using: &random)
                case 1: body.remove(at: index)
                default: body.insert(body[Int.random(in: body.indices, using: &random)], at: index)
                }
            }
            if let value = try? JSONBody.decode(body) {
                decoded += 1
                let again = try? JSONBody.decode(value.encoded())
                #expect(again == value, "seed \(seed)")
            }
        }
        #expect(decoded > 0, "seed \(seed)")
    }
}

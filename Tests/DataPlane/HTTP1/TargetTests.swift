import TestSupport
import Testing

@testable import DataPlane

@Suite("request targets: RFC 9112, 3.2; RFC 3986, 3.3 and 3.4")
struct TargetTests {
    static let good: [String] = [
        "/", "/a", "/a/b/c/d/e/f", "//", "/a//b/../c/./", "/-._~!$&'()*+,;=:@", "/%00", "/%20%2f%2F%aB%Ff", "/a%20",
        "/a|b", "/a[0]", "/[]", "/0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "/?", "/a?b=c&d=e", "/??", "/?/?/", "/a?b=%zz", "/?%", "/?%2", "/?a=100%", "/?{\"".replacing("\"", with: "}"),
        "/?a\\b^c`d{e}f|g[h]", "/abcdefg?{}", "/abcdefgh?^^^^^^^^^^^^", "/?'!$&()*+,;=:@/?-._~",
        "/abc!def$ghi'jkl=mno~pqr_stu@vwx[yz]",
    ]

    static let bad: [String] = [
        "/a\"b", "/a<b", "/a>b", "/?a\"b", "/?a<b", "/?a>b", "/abcdefghijk?abcdefghijk>", "/a\\b", "/a^b", "/a`b",
        "/a{b", "/a}b", "/%", "/%2", "/%zz", "/%2z", "/%z2", "/a%", "/abcdefg%", "/abcdef%2", "/%%20", "/%2%20",
        "/a#b", "/?a#b", "/a%?b", "/a%2?b", "/\u{80}", "/?\u{80}", "/a\u{7F}", "/?a\u{7F}", "/\u{FF}", "/%u0041",
        "/a\u{1}", "/?\u{1}",
    ]

    private func outcome(_ target: String) -> Outcome<RequestView> {
        tryRequest("GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n")
    }

    @Test("are taken as they are", arguments: good)
    func takes(target: String) {
        for padding in ["", "/a", "/abc", "/abcdef", "/abcdefghi"] {
            guard case .head(let view) = outcome(padding + target) else {
                Issue.record("\(padding + target): \(outcome(padding + target))")
                continue
            }
            #expect(view.target == padding + target && view.path == padding + target)
        }
        guard case .head(let view) = outcome("http://h" + target) else {
            Issue.record("\(outcome("http://h" + target))")
            return
        }
        #expect(view.path == target)
    }

    @Test("are refused", arguments: bad)
    func refuses(target: String) {
        for padding in ["", "/a", "/abc", "/abcdef", "/abcdefghi"] {
            #expect(outcome(padding + target) == .failed(.invalidTarget), "\(padding)")
        }
        #expect(outcome("http://h" + target) == .failed(.invalidTarget))
    }

    /// The end by the grammar, byte by byte: the first byte that is wrong or behind the target.
    private func referenceEnd(_ bytes: [UInt8]) -> Int {
        var offset = 0
        var isQuery = false
        while offset < bytes.count {
            let character = Character(Unicode.Scalar(bytes[offset]))
            switch character {
            case _ where bytes[offset] >= 0x7F || bytes[offset] <= 0x20: return offset
            case "\"", "<", ">", "#": return offset
            case "\\", "^", "`", "{", "}": guard isQuery else { return offset }
            case "?": isQuery = true
            case "%" where !isQuery:
                let digits = bytes[(offset + 1)...].prefix(2)
                guard digits.allSatisfy({ $0.hexValue != nil }) else { return offset }
                // Two more digits may come.
                if digits.count < 2 { return bytes.count }
                offset += 2
            default: break
            }
            offset += 1
        }
        return offset
    }

    @Test("end where they end byte by byte", arguments: Seeds.forThisRun(16))
    func sameAsReference(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let rare = [UInt8]("\"<>#\\^`{}|[]%?!$&'=@~_ \u{7F}\u{80}\r\u{1}0aF")
        for step in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0..<30, using: &random)).map { _ -> UInt8 in
                switch Int.random(in: 0..<10, using: &random) {
                case 0: .random(in: .min ... .max, using: &random)
                case 1, 2: rare.randomElement(using: &random) ?? 0
                case 3: UInt8(ascii: "?")
                default: [UInt8]("abz/AZ09.-%2F").randomElement(using: &random) ?? 0
                }
            }
            let start = bytes.isEmpty ? 0 : Int.random(in: 0...min(bytes.count, 3), using: &random)
            let found = bytes.span.bytes.endOfTarget(from: start)
            let wanted = start + referenceEnd(Array(bytes[start...]))
            if found != wanted {
                Issue.record("seed \(seed) step \(step): \(bytes.text(0..<bytes.count)) from \(start) ends at \(found)")
            }
        }
    }

    @Test("every byte in every place")
    func everyByte() {
        for byte in UInt8.min...UInt8.max {
            for place in 0..<17 {
                for query in [false, true] {
                    var bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 17)
                    if query { bytes.insert(UInt8(ascii: "?"), at: 0) }
                    bytes[place + (query ? 1 : 0)] = byte
                    #expect(bytes.span.bytes.endOfTarget(from: 0) == referenceEnd(bytes))
                }
            }
        }
    }
}

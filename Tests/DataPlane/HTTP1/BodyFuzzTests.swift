import TestSupport
import Testing

@testable import DataPlane

@Suite("bodies at random", .serialized)
struct BodyFuzzTests {
    /// A chunked body, most of the time a good one.
    private func body(_ random: inout SplitMix64) -> [UInt8] {
        var text = ""
        for _ in 0..<Int.random(in: 0..<4, using: &random) {
            let size = Int.random(in: 1..<20, using: &random)
            let zeros = String(repeating: "0", count: Int.random(in: 0..<3, using: &random))
            text += zeros + String(size, radix: 16, uppercase: Bool.random(using: &random))
            text += extensions(&random) + "\r\n" + String(repeating: "x", count: size) + "\r\n"
        }
        text += "0" + extensions(&random) + "\r\n"
        for _ in 0..<max(0, Int.random(in: -3..<3, using: &random)) {
            let name = ["A", "digest", "X-Trailer", "Age", "te", "A_b9"].randomElement(using: &random) ?? ""
            text += name + ":" + (["", " v", "\t\u{FF}"].randomElement(using: &random) ?? "") + "\r\n"
        }
        var bytes = [UInt8](text + "\r\n")
        if Bool.random(using: &random) { mutate(&bytes, &random) }
        if Bool.random(using: &random) { bytes += [UInt8]("\r\nGET /") }
        return bytes
    }

    private func extensions(_ random: inout SplitMix64) -> String {
        guard Int.random(in: 0..<4, using: &random) == 0 else { return "" }
        return [";a", " ; a", ";a=b", ";a = \"b\\\"c\"", ";a;b=\"\"", ";a\t;b"].randomElement(using: &random) ?? ""
    }

    @Test("are decoded as the simple decoder does, in any split", arguments: Seeds.forThisRun(20))
    func sameAsReference(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for step in 0..<5_000 {
            let bytes = body(&random)
            let wanted = ReferenceChunks.decode(bytes)
            let cuts = (0..<Int.random(in: 0..<4, using: &random)).map { _ in
                Int.random(in: 0...bytes.count, using: &random)
            }.sorted()
            let decoded = decode(bytes, cuts: cuts)
            if decoded != wanted { Issue.record("seed \(seed) step \(step): \(bytes) \(cuts) \(decoded) \(wanted)") }
            let taken = take(bytes, .chunked, cuts: cuts)
            let expected: BodyReader.Progress? =
                switch wanted {
                case .more: BodyReader.Progress(consumed: bytes.count, isComplete: false)
                case .end(_, let length): BodyReader.Progress(consumed: length, isComplete: true)
                case .bad: nil
                }
            if taken != expected { Issue.record("seed \(seed) step \(step): \(bytes) \(cuts)") }
        }
    }
}

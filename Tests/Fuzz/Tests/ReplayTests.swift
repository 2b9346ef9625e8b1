import Foundation
import Testing

/// All that fuzzing has kept, once more: Tests/Fuzz/run looks for new things, this keeps the old ones from coming back.
@Suite("the fuzzed corpora")
struct ReplayTests {
    private static let corpus = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("corpus")

    private static func files(of target: FuzzTarget) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(
            at: corpus.appendingPathComponent(target.rawValue), includingPropertiesForKeys: nil)
    }

    @Test("show nothing wrong", arguments: FuzzTarget.allCases)
    func replay(target: FuzzTarget) throws {
        let files = try Self.files(of: target)
        #expect(files.count >= 10, "the corpus of \(target) is not there")
        for file in files {
            let bytes = Array(try Data(contentsOf: file))
            #expect(throws: Never.self, "\(target)/\(file.lastPathComponent)") { try target.run(bytes) }
        }
    }

    @Test("are treated the same each time", arguments: FuzzTarget.allCases)
    func repeats(target: FuzzTarget) throws {
        for file in try Self.files(of: target).prefix(20) {
            let bytes = Array(try Data(contentsOf: file))
            #expect(try target.run(bytes) == target.run(bytes), "\(target)/\(file.lastPathComponent)")
        }
    }
}

import Control
import TestSupport
import Testing

@testable import sluice

@Suite("Files that nobody would write", .serialized)
struct RandomFileTests {
    static let casesOfASeed = 2_000

    /// Pieces that mean something to YAML or to us.
    static let pieces: [String] =
        [
            "\n", "\r\n", "  ", " ", "\t", ":", ": ", "- ", "[", "]", "{", "}", ",", "#", "&a ", "*a", "<<: *a", "!t ",
            "!!str ", "|\n", ">-\n", "\"", "'", "\\", "---\n", "...\n", "%YAML 1.1\n", "? ", "~", "null", "true", "off",
            "0", "-1", "1e400", "0x", "99999999999999999999", ".inf", "4s", "1e30s", "32KiB", "9999999999999GiB",
            "unlimited", "http://h:1", "unix:/x", "[::1]:1", "\u{0}", "\u{7F}", "\u{85}", "\u{2028}", "\u{FEFF}",
            "\u{F0000}", "e\u{301}", "🙂", "agents: ", "routes: ", "listen: ", "admin: ", "client: ", "default: ",
        ] + ConfigurationKey.all.map { "\($0.path.split(separator: ".").last ?? ""): " }
        + AgentSettings.keys.map { "\($0.name): " } + RouteMembers.names.map { "\($0): " }

    private static let files: [String] =
        [GoodFileTests.manual] + GoodFileTests.cases.map(\.yaml)
        + (BadFileTests.values + BadFileTests.shapes + BadFileTests.wholes).map(\.yaml)

    @Test("are a configuration or have faults with a place in the file", arguments: Seeds.forThisRun(8))
    func mutated(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var good = 0
        for step in 0..<Self.casesOfASeed {
            let text = Self.file(&random)
            let flags: ConfigurationReader.Flags = step.isMultiple(of: 3) ? ["--upstream": ["http://h:1"]] : [:]
            switch read(text, flags: flags) {
            case .success(let effective):
                good += 1
                #expect(
                    effective.configuration.faults().isEmpty, "seed \(seed), step \(step): \(text.debugDescription)")
                #expect(!effective.table.isEmpty)
            case .failure(let problems):
                let lines = problems.lines
                let allHavePlaces = lines.allSatisfy { $0.hasPrefix("sluice.yaml:") || $0.hasPrefix("and ") }
                #expect(
                    allHavePlaces && !lines.isEmpty, "seed \(seed), step \(step): \(text.debugDescription): \(lines)")
                let lineCount = text.unicodeScalars.count { $0.properties.isWhitespace && $0 != " " } + 2
                let inside = problems.all.allSatisfy { Self.line(of: $0) <= lineCount }
                #expect(inside, "seed \(seed), step \(step): \(text.debugDescription): \(lines)")
            }
        }
        // Else the mutations would only ever test the first check.
        #expect(good > 10, "seed \(seed)")
    }

    @Test("and so are random words of the environment and the flags", arguments: Seeds.forThisRun(2))
    func words(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for step in 0..<Self.casesOfASeed {
            var environment: [String: String] = [:]
            var flags: ConfigurationReader.Flags = [:]
            for override in Override.all where override.target != .file {
                if Bool.random(using: &random) { environment[override.variable] = Self.word(&random) }
                if Bool.random(using: &random) { flags[override.flag] = [Self.word(&random)] }
            }
            if case .failure(let problems) = read(nil, environment: environment, flags: flags) {
                let named = problems.lines.allSatisfy { $0.hasPrefix("--") || $0.hasPrefix("SLUICE_") }
                #expect(named, "seed \(seed), step \(step): \(problems)")
            }
        }
    }

    private static func line(of problem: Problem) -> Int {
        if case .file(_, let position) = problem.origin { position?.line ?? 0 } else { 0 }
    }

    private static func word(_ random: inout SplitMix64) -> String {
        (0..<Int.random(in: 1...3, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
    }

    private static func file(_ random: inout SplitMix64) -> String {
        if Int.random(in: 0..<8, using: &random) == 0 {
            return (0..<Int.random(in: 0..<40, using: &random)).map { _ in word(&random) }.joined()
        }
        var scalars = Array((files.randomElement(using: &random) ?? "").unicodeScalars)
        for _ in 0..<Int.random(in: 0..<4, using: &random) {
            let start = Int.random(in: 0...scalars.count, using: &random)
            let end = min(scalars.count, start + Int.random(in: 0..<8, using: &random))
            switch Int.random(in: 0..<4, using: &random) {
            case 0: scalars.removeSubrange(start..<end)
            case 1: scalars.insert(contentsOf: word(&random).unicodeScalars, at: start)
            case 2:
                scalars.insert(contentsOf: scalars[start..<end], at: Int.random(in: 0...scalars.count, using: &random))
            default: scalars.replaceSubrange(start..<end, with: word(&random).unicodeScalars)
            }
        }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }
}

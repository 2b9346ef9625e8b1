import Foundation
import Testing

/// The folders of the data plane form layers: each knows only those below it.
struct LayersTests {
    /// What each folder may use besides itself.
    private static let layers: [(folder: String, below: Set<String>)] = [
        ("Reactor", []),
        ("HTTP1", ["Reactor"]),
        ("Agents", ["Reactor", "HTTP1"]),
        ("Proxy", ["Reactor", "HTTP1", "Agents"]),
        ("Endpoints", ["Reactor", "HTTP1"]),
    ]

    private static let sources = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().appendingPathComponent("../../Sources/DataPlane").standardized

    @Test("no folder names a type of one that is not below it", arguments: layers.map(\.folder))
    func order(folder: String) throws {
        let below = try #require(Self.layers.first { $0.folder == folder }?.below)
        var foreign: [String: String] = [:]
        for (other, _) in Self.layers where other != folder && !below.contains(other) {
            for name in try types(of: other) { foreign[name] = other }
        }
        let own = try types(of: folder)
        for (file, code) in try code(of: folder) {
            for word in Set(code.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init)) {
                guard let home = foreign[word], !own.contains(word) else { continue }
                Issue.record("\(folder)/\(file) names \(word), which lives in \(home): move one of the two")
            }
        }
    }

    @Test("every folder of the data plane is a layer")
    func folders() throws {
        let found = try FileManager.default.contentsOfDirectory(atPath: Self.sources.path)
        #expect(Set(found) == Set(Self.layers.map(\.folder)))
    }

    private func types(of folder: String) throws -> Set<String> {
        let modifiers = "(?:package |public |final |private |fileprivate )*"
        let declaration = try Regex(#"(?m)^\#(modifiers)(?:class|struct|enum|actor|protocol) (\w+)"#)
        var names: Set<String> = []
        for (_, code) in try code(of: folder) {
            for match in code.matches(of: declaration) {
                // A private type is nobody else's.
                if code[match.range].contains("private ") { continue }
                if let name = match.output[1].substring { names.insert(String(name)) }
            }
        }
        return names
    }

    // The sources without comments and string literals.
    private func code(of folder: String) throws -> [(file: String, code: String)] {
        let place = Self.sources.appendingPathComponent(folder)
        return try FileManager.default.contentsOfDirectory(atPath: place.path).filter { $0.hasSuffix(".swift") }.map {
            let text = try String(contentsOf: place.appendingPathComponent($0), encoding: .utf8)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
                line.replacing(#/"(?:[^"\\]|\\.)*"/#, with: "\"\"").replacing(#/\/\/.*/#, with: "")
            }
            return ($0, lines.joined(separator: "\n"))
        }
    }
}

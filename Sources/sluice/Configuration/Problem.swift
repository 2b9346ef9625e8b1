/// One thing that is wrong with what the program was told.
struct Problem: Error, Sendable, Equatable, CustomStringConvertible {
    // A message repeats what was written; what was written may be a whole file on one line.
    private static let scalarsMax = 400

    /// Where it was said.
    let origin: Origin
    /// The key's path: `agents.k.maxSockets`. Empty when it concerns the text and not a key.
    let path: String
    /// What is wrong, and what is allowed.
    let message: String

    /// One line: `sluice.yaml:12:15: agents.k.maxSockets: must be …`, or `--max-sockets: must be …`.
    var description: String {
        var parts: [String] = []
        switch origin {
        case .default, .benchmark: parts = [path]
        case .file(let name, let position):
            parts = [position.map { "\(name):\($0.line):\($0.column)" } ?? name, path]
        case .environment(let name), .flag(let name): parts = [name]
        }
        parts.append(message)
        return Self.printable(parts.filter { !$0.isEmpty }.joined(separator: ": "))
    }

    /// `text` without anything that could steer a terminal or fill it.
    static func printable(_ text: String) -> String {
        var result = ""
        for (count, scalar) in text.unicodeScalars.enumerated() {
            if count == scalarsMax { return result + "…" }
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

/// Everything that is wrong, in the order in which people look for it.
struct Problems: Error, Sendable, Equatable, CustomStringConvertible {
    /// More than this many are counted and not shown.
    static let shownMax = 100

    let all: [Problem]

    /// Sorts them: the file's by position, then the environment's, then the flags'.
    init(_ problems: [Problem]) {
        func rank(_ problem: Problem) -> (Int, Position) {
            let start = Position(line: 0, column: 0)
            return switch problem.origin {
            case .file(_, let position): (0, position ?? start)
            case .environment: (1, start)
            case .flag: (2, start)
            case .default, .benchmark: (3, start)
            }
        }
        let ranked = problems.enumerated().map { (rank($1), $0, $1) }
        all = ranked.sorted { ($0.0.0, $0.0.1, $0.1) < ($1.0.0, $1.0.1, $1.1) }.map(\.2)
    }

    /// One line each.
    var lines: [String] {
        let shown = all.prefix(Self.shownMax).map(\.description)
        return all.count > shown.count ? shown + ["and \(all.count - shown.count) more"] : shown
    }

    var description: String { lines.joined(separator: "\n") }
}

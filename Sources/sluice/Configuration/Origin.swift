/// Where a value came from.
enum Origin: Sendable, Equatable {
    /// Nobody said anything.
    case `default`
    /// The benchmark's set-up, which runs when no upstream is named.
    case benchmark
    /// The configuration file called `name`; the position is nil when it concerns the file as a whole.
    case file(name: String, Position?)
    /// The environment variable of this name.
    case environment(String)
    /// The flag, with its dashes.
    case flag(String)

    /// For people: `sluice.yaml:12`, `SLUICE_LISTEN`, `--listen`, `default`.
    var label: String {
        switch self {
        case .default: "default"
        case .benchmark: "benchmark"
        case .file(let name, let position): position.map { "\(name):\($0.line)" } ?? name
        case .environment(let name), .flag(let name): name
        }
    }
}

/// A place in a text.
struct Position: Sendable, Equatable, Comparable {
    /// From 1.
    let line: Int
    /// From 1, counted in Unicode scalars.
    let column: Int

    static func < (left: Position, right: Position) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

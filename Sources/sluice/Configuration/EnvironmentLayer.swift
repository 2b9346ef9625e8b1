/// What the environment says.
struct EnvironmentLayer {
    /// The overrides that are there, with their words.
    private(set) var values: [(override: Override, texts: [String])] = []
    /// The tokens that are there, by variable: they have no flag, as a command line is everyone's to see.
    private(set) var tokens: [(variable: String, text: String)] = []
    private(set) var problems: [Problem] = []

    static let readToken = "SLUICE_READ_TOKEN"
    static let changeToken = "SLUICE_CHANGE_TOKEN"

    // The token of clients, and what is the tests' own: their seeds, and where the program is that they start.
    private static let otherNames: Set = [ClientOptions.token, "SLUICE_SEED", "SLUICE_SEEDS", "SLUICE_BINARY"]

    /// Takes the variables that are this program's out of `environment`. An empty one counts as not set.
    init(_ environment: [String: String]) {
        let known = Override.all
        for override in known {
            guard let text = environment[override.variable], !text.isEmpty else { continue }
            let isList = override.target == .key("listen")
            let texts = isList ? text.split(separator: ",", omittingEmptySubsequences: false).map(Self.trimmed) : [text]
            values.append((override, texts))
        }
        for name in [Self.readToken, Self.changeToken] {
            if let text = environment[name], !text.isEmpty { tokens.append((name, text)) }
        }
        let names = known.map(\.variable) + [Self.readToken, Self.changeToken]
        for name in environment.keys.sorted() where name.hasPrefix(Override.variablePrefix) {
            guard !names.contains(name), !Self.otherNames.contains(name), !Self.isServiceLink(name) else { continue }
            let near = Suggestion.nearest(to: name, in: names)
            let hint = near.map { "did you mean \($0)?" } ?? "known are \(names.joined(separator: ", "))"
            problems.append(Problem(origin: .environment(name), path: "", message: "unknown variable; \(hint)"))
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        let isSpace = { (character: Character) in character == " " }
        return String(text.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }

    /// Whether `name` is one that Kubernetes gives every container beside a Service called `sluice` or `sluice-…`:
    /// `SLUICE_SERVICE_HOST`, `SLUICE_SERVICE_PORT_HTTP`, `SLUICE_PORT`, `SLUICE_ADMIN_PORT_1986_TCP_ADDR`.
    static func isServiceLink(_ name: String) -> Bool {
        let words = name.split(separator: "_", omittingEmptySubsequences: false).dropFirst()
        for (offset, word) in zip(words.indices, words) {
            let rest = words[words.index(after: offset)...]
            if word == "SERVICE", rest.first == "HOST" && rest.count == 1 || rest.first == "PORT" { return true }
            if word == "PORT", rest.isEmpty { return true }
            if word == "PORT", let number = rest.first, UInt16(number) != nil, rest.count >= 2 { return true }
        }
        return false
    }
}

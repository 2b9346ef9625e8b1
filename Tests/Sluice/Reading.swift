import Control
import Testing

@testable import sluice

/// Reads `yaml` as the file `sluice.yaml`; nil stands for no file.
func read(
    _ yaml: String?, environment: [String: String] = [:], flags: ConfigurationReader.Flags = [:]
) -> Result<EffectiveConfiguration, Problems> {
    let file = yaml.map { ConfigurationReader.File(name: "sluice.yaml", text: $0) }
    return ConfigurationReader.read(file: file, environment: environment, flags: flags)
}

/// The lines that a user would see; empty when everything is right.
func problems(
    _ yaml: String?, environment: [String: String] = [:], flags: ConfigurationReader.Flags = [:]
) -> [String] {
    if case .failure(let problems) = read(yaml, environment: environment, flags: flags) { problems.lines } else { [] }
}

/// A file with one agent and `rest`.
func withAgent(_ rest: String) -> String { rest + "\nagents: {default: {upstream: \"http://127.0.0.1:1\"}}\n" }

/// A file whose agent `k` also has `members`, which start at 3:46.
func agent(_ members: String) -> String {
    "routes:\n- {agent: k}\nagents: {k: {upstream: 'http://127.0.0.1:1',  \(members)}}\n"
}

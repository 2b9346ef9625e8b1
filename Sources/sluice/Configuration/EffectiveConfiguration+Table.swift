import Control

extension EffectiveConfiguration {
    /// A line of what `sluice check` prints.
    struct Row: Sendable, Equatable {
        let path: String
        /// As a file could say it.
        let value: String
        /// Where it came from.
        let source: String
    }

    /// Every value, in the order of the file.
    var rows: [Row] {
        var rows: [Row] = []
        func add(_ path: String, _ value: String) {
            rows.append(Row(path: path, value: value, source: origin(of: path).label))
        }
        for key in ConfigurationKey.all { add(key.path, key.text(configuration)) }
        for agent in configuration.agents {
            for key in AgentSettings.keys {
                add("agents.\(agent.name).\(key.name)", Self.text(of: key, in: agent.settings))
            }
        }
        for (index, route) in configuration.routes.enumerated() {
            let path = "routes[\(index)]"
            let whole = origins["routes"] == .benchmark ? Origin.benchmark.label : nil
            for (name, value) in [
                ("host", route.host.map(YAMLWord.text) ?? "none"), ("prefix", YAMLWord.text(route.prefix)),
                ("stripPrefix", "\(route.stripPrefix)"),
                ("agent", YAMLWord.text(route.agent)),
            ] {
                let source = whole ?? origin(of: "\(path).\(name)").label
                rows.append(Row(path: "\(path).\(name)", value: value, source: source))
            }
        }
        return rows
    }

    /// The rows in columns.
    var table: String {
        let pathWidth = rows.map(\.path.count).max() ?? 0
        // A long value moves its own source only.
        let valueWidth = min(rows.map(\.value.count).max() ?? 0, 40)
        return rows.map { row in
            Self.padded(row.path, to: pathWidth) + "  " + Self.padded(row.value, to: valueWidth) + "  " + row.source
        }.joined(separator: "\n")
    }

    // The API writes durations as numbers of seconds and "no limit" as null; a file says them in words.
    static func text(of key: AgentSettings.Key, in settings: AgentSettings) -> String {
        switch key.get(settings) {
        case .null: "none"
        case .string(let text): YAMLWord.text(text)
        case .bool(let value): "\(value)"
        case .list(let values): values.map(\.word).joined(separator: ", ")
        case .object: ""
        case .number(let number):
            Self.durationNames.contains(key.name)
                ? Duration(seconds: number)?.text ?? "\(number)s" : SettingValue.number(number).text
        }
    }

    /// The settings that are durations: those that take the word for one.
    static let durationNames: Set<String> = {
        Set(
            AgentSettings.keys.filter { key in
                var scratch = AgentSettings(upstream: BuiltInUpstream.url)
                do throws(SettingFault) {
                    try key.set(&scratch, .string("60s"))
                    return true
                } catch {
                    return false
                }
            }.map(\.name))
    }()

    private static func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

extension SettingValue {
    /// As a file could say it.
    fileprivate var word: String {
        if case .string(let string) = self { YAMLWord.text(string) } else { text }
    }
}

import Foundation
import Testing

@testable import Admin

/// The Grafana dashboard and the alert rules in public/ speak of metrics that there are.
@Suite struct DashboardTests {
    private static let dashboard = ShellCommand.root.appending(path: "public/grafana-dashboard.json")
    private static let rules = ShellCommand.root.appending(path: "public/prometheus-rules.yml")

    /// All expressions of the dashboard, with something in the place of its variables.
    private func expressions() throws -> [String] {
        func found(in value: JSONValue) -> [String] {
            switch value {
            case .object(let members):
                members.flatMap { name, value in name == "expr" ? [value.text ?? ""] : found(in: value) }
            case .list(let values): values.flatMap(found)
            default: []
            }
        }
        let json = try JSONDecoder().decode(JSONValue.self, from: Data(contentsOf: Self.dashboard))
        return found(in: json).sorted().map { text in
            text.replacing("$__rate_interval", with: "1m").replacing(/\$(job|instance|agent)/, with: ".*")
        }
    }

    /// The series of a scrape: a name with labels and their values.
    private func series(_ text: String) -> [(name: String, labels: [String: String])] {
        text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            let name = line.prefix { $0 != "{" && $0 != " " }
            let labels = line.matches(of: /(\w+)="([^"]*)"/).map { (String($0.1), String($0.2)) }
            return (String(name), Dictionary(labels) { $1 })
        }
    }

    @Test("each name, label and value in an expression is one that the metrics have")
    func names() async throws {
        let series = series(await Harness().send("GET", "/metrics").text)
        let text = try expressions().joined(separator: "\n") + String(contentsOf: Self.rules, encoding: .utf8)
        let selectors = text.matches(of: /\b((?:sluice|process)_\w+)(?:\{([^}]*)\})?/)
        #expect(Set(selectors.map(\.1)).count > 25)
        for selector in selectors {
            let named = series.filter { $0.name == selector.1 }
            #expect(!named.isEmpty, "\(selector.0)")
            for matcher in (selector.2 ?? "").matches(of: /(\w+)(?:=~|!=|=|!~)"([^"]*)"/) {
                let label = String(matcher.1)
                // These two are Prometheus' own.
                if label == "job" || label == "instance" { continue }
                let values = Set(named.compactMap { $0.labels[label] })
                #expect(!values.isEmpty, "\(selector.0) has no \(label)")
                for value in matcher.2.split(separator: "|") where value != ".*" {
                    #expect(values.contains(String(value)), "\(selector.0): \(value)")
                }
            }
        }
    }

    @Test("labels that are summed by, or stand in a legend, are there")
    func labels() async throws {
        let labels = series(await Harness().send("GET", "/metrics").text)
            .reduce(into: Set(["job", "instance"])) { $0.formUnion($1.labels.keys) }
        for expression in try expressions() {
            for list in expression.matches(of: /\b(?:by|on|ignoring|group_left)\s*\(([^)]*)\)/) {
                for label in list.1.split(separator: /[, ]+/) {
                    #expect(labels.contains(String(label)), "\(label) in \(expression)")
                }
            }
        }
        let text = try String(contentsOf: Self.dashboard, encoding: .utf8)
        for label in text.matches(of: /\{\{\s*(\w+)\s*\}\}/) { #expect(labels.contains(String(label.1)), "\(label.1)") }
    }

    @Test("Prometheus understands each expression of the dashboard")
    func syntax() throws {
        var file = "groups:\n  - name: dashboard\n    rules:\n"
        for (index, expression) in try expressions().enumerated() {
            file += "      - record: panel:\(index)\n        expr: '\(expression)'\n"
        }
        let result = try ShellCommand.run("promtool check rules /dev/stdin", input: file)
        #expect(result.code == 0, "\(result.output)")
    }

    @Test("the dashboard is one that Grafana takes: panels with ids and places of their own, all of one data source")
    func shape() throws {
        let json = try JSONDecoder().decode(JSONValue.self, from: Data(contentsOf: Self.dashboard))
        #expect(json["schemaVersion"] == .number(39) && json["title"] == "Sluice" && json["id"] == .null)
        let panels = json["panels"].values
        let ids = panels.compactMap { $0["id"].double }
        #expect(ids.count == panels.count && Set(ids).count == ids.count)
        var taken: Set<[Int]> = []
        for panel in panels {
            let title = panel["title"].text ?? ""
            let place = ["x", "y", "w", "h"].map { Int(panel["gridPos"][$0].double ?? -1) }
            #expect(place[0] >= 0 && place[0] + place[2] <= 24, "\(title)")
            for x in place[0]..<(place[0] + place[2]) {
                for y in place[1]..<(place[1] + place[3]) {
                    #expect(taken.insert([x, y]).inserted, "\(title) lies over another panel")
                }
            }
            if panel["type"] == "row" { continue }
            #expect(panel["description"].text?.isEmpty == false && !panel["targets"].values.isEmpty, "\(title)")
            #expect(panel["datasource"]["uid"] == "${datasource}", "\(title)")
            for target in panel["targets"].values {
                #expect(target["datasource"]["uid"] == "${datasource}", "\(title)")
            }
        }
        #expect(json["templating"]["list"].values.map { $0["name"] } == ["datasource", "job", "instance", "agent"])
        let annotations = json["annotations"]["list"].values.filter { $0["builtIn"] == .null }
        #expect(annotations.contains { $0["expr"].text?.contains("sluice_agent_mode") == true })
    }
}

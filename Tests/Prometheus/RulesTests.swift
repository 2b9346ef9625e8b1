import Foundation
import TestSupport
import Testing

/// The alert rules in public/, judged by Prometheus' own tool.
@Suite struct RulesTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let rules = root.appending(path: "public/prometheus-rules.yml")
    private static let tests = root.appending(path: "Tests/Prometheus/rules/alerts.test.yml")

    private func promtool(_ arguments: String...) throws -> ChildProcess.Record {
        try ChildProcess.run("/usr/bin/env", ["promtool"] + arguments)
    }

    @Test("promtool finds no fault in the rules, and their unit tests pass")
    func rules() throws {
        let check = try promtool("check", "rules", Self.rules.path)
        #expect(check.ending == .exit(0) && check.outputText.contains("SUCCESS"), "\(check.outputText)")
        let test = try promtool("test", "rules", Self.tests.path)
        #expect(test.ending == .exit(0), "\(test.outputText)\(test.errorText)")
    }

    @Test("each alert is seen to fire, and to be silent")
    func covered() throws {
        let rules = try String(contentsOf: Self.rules, encoding: .utf8)
        let tests = try String(contentsOf: Self.tests, encoding: .utf8)
        let alerts = rules.matches(of: /- alert: (\w+)/).map { String($0.1) }
        #expect(alerts.count >= 8)
        for alert in alerts {
            let places = tests.matches(of: /alertname: (\w+)/).filter { $0.1 == alert }
            #expect(!places.isEmpty, "\(alert)")
            // What is expected stands right behind the name and the time.
            let isFired = places.contains { tests[$0.range.upperBound...].prefix(80).contains("exp_alerts") }
            #expect(isFired, "\(alert)")
        }
    }

    @Test("a rule that never fires is found out")
    func sensitive() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sluice-rules-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let rules = try String(contentsOf: Self.rules, encoding: .utf8)
            .replacing(#"kind="queueFull""#, with: #"kind="queueful""#)
        try Data(rules.utf8).write(to: folder.appending(path: "rules.yml"))
        let tests = try String(contentsOf: Self.tests, encoding: .utf8)
            .replacing("../../../public/prometheus-rules.yml", with: "rules.yml")
        try Data(tests.utf8).write(to: folder.appending(path: "tests.yml"))
        let test = try promtool("test", "rules", folder.appending(path: "tests.yml").path)
        #expect(test.ending == .exit(1))
    }
}

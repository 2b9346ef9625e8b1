import Control
import Testing

@testable import sluice

@Suite("What check prints")
struct CheckTableTests {
    /// Puts the printed values into a file again.
    private func file(of rows: [(path: String, value: String)]) -> String {
        var root: [String] = []
        var sections: [(name: String, members: [String])] = []
        for (path, value) in rows {
            let words = path.split(separator: ".")
            let section = words.dropLast().joined(separator: ".")
            let member = "\(words.last ?? ""): \(value)"
            if section.isEmpty {
                root.append(member)
            } else if let index = sections.firstIndex(where: { $0.name == section }) {
                sections[index].members.append(member)
            } else {
                sections.append((section, [member]))
            }
        }
        func flow(_ section: (name: String, members: [String])) -> String {
            "{\(section.members.joined(separator: ", "))}"
        }
        for var section in sections where section.name == "client" || section.name == "admin" {
            for inner in sections where inner.name.hasPrefix("\(section.name).") {
                section.members.append("\(inner.name.dropFirst(section.name.count + 1)): \(flow(inner))")
            }
            root.append("\(section.name): \(flow(section))")
        }
        let agents = sections.filter { $0.name.hasPrefix("agents.") }
        root.append("agents: {\(agents.map { "\($0.name.dropFirst(7)): \(flow($0))" }.joined(separator: ", "))}")
        let routes = sections.filter { $0.name.hasPrefix("routes[") }
        root.append("routes: [\(routes.map(flow).joined(separator: ", "))]")
        return root.joined(separator: "\n")
    }

    static let files: [String?] = [
        nil, GoodFileTests.manual,
        """
        listen: [127.0.0.1:0, '[::1]:0', unix:/run/x]
        admin: {listen: ':1', unprotected: true, hosts: [a, '::1'], socketMode: 0660, readTokenFile: r, changeTokenFile: c,
          tls: {certificateFile: a, keyFile: b, clientCAFile: '/c d'}}
        threads: 7
        io: io_uring
        client: {headTimeout: 1500us, continueTimeout: 20ms, tunnelTimeout: 2m,
          maxHeadSize: 1025, maxBodySize: 1MiB, maxConnections: 9}
        forwarded: replace
        trustedProxies: ['::1', 10.0.0.0/8, '::/0']
        upgrade: [websocket, 'x!/1', 'no']
        connect: forward
        via: ''
        grace: 0s
        logLevel: trace
        accessLog: /var/log/a b
        statusInterval: 250ms
        watch: true
        agents:
          a: {upstream: 'unix:/run/a b', socketActiveTTL: 1.5m, maxRequestsPerSocket: 12, retry: off, timeout: 1ms}
        routes: [{host: h.example, prefix: /x, agent: a}, {agent: a}]
        """,
    ]

    @Test("read again, it is the same configuration", arguments: files)
    func roundTrip(yaml: String?) throws {
        let first = try read(yaml).get()
        let rows = first.table.split(separator: "\n").map { line -> (path: String, value: String) in
            let path = line.prefix { $0 != " " }
            let rest = line.dropFirst(path.count).drop { $0 == " " }
            // Two spaces end a column; one stands inside a list or quotes.
            let end = rest.firstRange(of: "  ")?.lowerBound ?? rest.endIndex
            return (String(path), String(rest[..<end]))
        }
        #expect(rows.count == first.rows.count)
        let again = try read(file(of: rows)).get()
        #expect(again.configuration == first.configuration)
    }

    @Test("every key of the configuration has a row and a source")
    func complete() throws {
        let effective = try read(GoodFileTests.manual, environment: ["SLUICE_GRACE": "1s"], flags: ["--threads": ["3"]])
            .get()
        let paths = effective.rows.map(\.path)
        #expect(Set(paths).isSuperset(of: ConfigurationKey.all.map(\.path)))
        #expect(Set(paths).isSuperset(of: AgentSettings.keys.map { "agents.k.\($0.name)" }))
        #expect(Set(paths).count == paths.count)
        let sources = Dictionary(uniqueKeysWithValues: effective.rows.map { ($0.path, $0.source) })
        #expect(sources["grace"] == "SLUICE_GRACE")
        #expect(sources["threads"] == "--threads")
        #expect(sources["client.maxFields"] == "sluice.yaml:10")
        #expect(sources["agents.k.retry"] == "default")
        #expect(sources["routes[2].host"] == "sluice.yaml:23")
        #expect(effective.table.contains("\ngrace                                1s  "))
    }
}

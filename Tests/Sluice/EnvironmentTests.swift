import Testing

@testable import sluice

@Suite("The environment")
struct EnvironmentTests {
    @Test("an unknown variable of ours is named")
    func unknown() {
        #expect(
            problems(nil, environment: ["SLUICE_MAX_SOCKTS": "1", "PATH": "/bin", "OTHER_SLUICE_X": "1"]) == [
                "SLUICE_MAX_SOCKTS: unknown variable; did you mean SLUICE_MAX_SOCKETS?"
            ])
        let lines = problems(nil, environment: ["SLUICE_COLOUR": "red"])
        #expect(lines.count == 1)
        #expect(
            lines.allSatisfy { $0.hasPrefix("SLUICE_COLOUR: unknown variable; known are SLUICE_CONFIG, SLUICE_LISTEN") }
        )
    }

    @Test(
        "variables that others set are left alone",
        arguments: [
            "SLUICE_SEED", "SLUICE_SEEDS", "SLUICE_BINARY",
            // What Kubernetes sets for the Services sluice and sluice-admin.
            "SLUICE_SERVICE_HOST", "SLUICE_SERVICE_PORT", "SLUICE_SERVICE_PORT_HTTP", "SLUICE_PORT",
            "SLUICE_PORT_1985_TCP", "SLUICE_PORT_1985_TCP_PROTO", "SLUICE_PORT_1985_TCP_PORT",
            "SLUICE_PORT_1985_TCP_ADDR", "SLUICE_ADMIN_SERVICE_HOST", "SLUICE_ADMIN_PORT_1986_TCP_ADDR",
        ])
    func others(name: String) {
        #expect(problems(nil, environment: [name: "tcp://10.0.0.1:1985"]).isEmpty)
    }

    @Test(
        "what only looks like one of those is not",
        arguments: ["SLUICE_PORTS", "SLUICE_PORT_X", "SLUICE_SERVICE", "SLUICE_"])
    func notOthers(name: String) {
        #expect(problems(nil, environment: [name: "1"]).count == 1)
    }

    @Test("an empty variable counts as not set", arguments: Override.all.map(\.variable))
    func empty(variable: String) throws {
        #expect(try read(nil, environment: [variable: ""]).get() == read(nil).get())
    }

    @Test("a fault names the variable")
    func fault() {
        #expect(
            problems(nil, environment: ["SLUICE_LISTEN": "127.0.0.1:1,", "SLUICE_TIMEOUT": "1"]) == [
                "SLUICE_LISTEN: must be host:port or unix:/path, not \"\""
            ])
        #expect(
            problems(nil, environment: ["SLUICE_UPSTREAM": "https://h"]) == [
                "SLUICE_UPSTREAM: https:// upstreams are not supported yet; use http://host:port or unix:/path"
            ])
    }
}

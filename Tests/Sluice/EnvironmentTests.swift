import Admin
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
            // What clients show to the admin server.
            "SLUICE_TOKEN",
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

    @Test(
        "a token is taken, protects, and is nowhere to be seen",
        arguments: ["SLUICE_READ_TOKEN", "SLUICE_CHANGE_TOKEN"])
    func token(variable: String) throws {
        let secret = "a-secret-of-24-characters"
        let effective = try read(nil, environment: [variable: secret, "SLUICE_ADMIN": "0.0.0.0:1"]).get()
        let token = try Token(secret)
        #expect(effective.access.readToken == (variable == "SLUICE_READ_TOKEN" ? token : nil))
        #expect(effective.access.changeToken == (variable == "SLUICE_CHANGE_TOKEN" ? token : nil))
        #expect(!effective.table.contains(secret))
        #expect(!String(reflecting: effective).contains(secret) && !"\(effective)".contains(secret))
        #expect(!String(reflecting: effective).contains("115, 101"), "nor its bytes")
    }

    @Test("a token that is none is told without repeating it", arguments: ["short", "a secret with spaces in it"])
    func badToken(text: String) throws {
        let lines = problems(nil, environment: ["SLUICE_CHANGE_TOKEN": text])
        #expect(lines.count == 1 && lines[0].hasPrefix("SLUICE_CHANGE_TOKEN: a token"))
        #expect(!lines[0].contains(text))
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

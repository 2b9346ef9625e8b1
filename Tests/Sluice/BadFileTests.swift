import Control
import Testing

@testable import sluice

@Suite("Files that are wrong")
struct BadFileTests {
    struct Case: Sendable {
        let yaml: String
        let lines: [String]

        init(_ yaml: String, _ lines: String...) {
            self.yaml = yaml
            self.lines = lines
        }
    }

    @Test("the message says where, and what is allowed", arguments: values + access + shapes + wholes + texts)
    func message(_ bad: Case) {
        #expect(problems(bad.yaml) == bad.lines.map { "sluice.yaml:\($0)" })
    }

    static let values: [Case] = [
        Case(withAgent("listen: 1985"), "1:9: listen: must be host:port or unix:/path, not 1985"),
        Case(withAgent("listen: []"), "1:9: listen: must be 1 to 64 addresses, not 0"),
        Case(
            withAgent("listen: [x, 127.0.0.1:1, [y]]"),
            "1:10: listen[0]: must be host:port or unix:/path, not \"x\"",
            "1:26: listen[2]: must be host:port or unix:/path, not a list"),
        Case(withAgent("listen: [127.0.0.1:1, 127.0.0.1:1]"), "1:9: listen: 127.0.0.1:1 is there twice"),
        Case(
            withAgent("listen: h:65536"),
            "1:9: listen: the port must be a number from 0 to 65535, not \"65536\""),
        Case(
            withAgent("trustedProxies: [10.0.0.0/8, 10.1.2.3/8, x, 7, [a]]"),
            "1:30: trustedProxies[1]: has bits set beyond the first 8: must be 10.0.0.0/8 or 10.1.2.3, "
                + "not \"10.1.2.3/8\"",
            "1:42: trustedProxies[2]: must be an address or a range such as 10.0.0.0/8 or fd00::/8, not \"x\"",
            "1:45: trustedProxies[3]: must be an address or a range such as 10.0.0.0/8 or fd00::/8, not 7",
            "1:48: trustedProxies[4]: must be an address or a range such as 10.0.0.0/8 or fd00::/8, not a list"),
        Case(
            withAgent("trustedProxies: 10.0.0.0/33"),
            "1:17: trustedProxies: must have a number from 0 to 32 behind the /, not \"33\""),
        // An empty value is nobody to some and everyone to others.
        Case(
            withAgent("trustedProxies:"),
            "1:16: trustedProxies: must be an address or a range such as 10.0.0.0/8 or fd00::/8, not null"),
        Case(
            withAgent("trustedProxies: [\(Array(repeating: "10.0.0.1", count: 1025).joined(separator: ", "))]"),
            "1:17: trustedProxies: must be at most 1024 ranges, not 1025"),
        Case(
            withAgent("upgrade:\n- websocket\n- h2c\n- a b\n- TLS/1.0"),
            "3:3: upgrade[1]: must not be h2c: it is never passed on",
            "4:3: upgrade[2]: must be the name of a protocol such as websocket, not \"a b\"",
            "5:3: upgrade[3]: must not be TLS/1.0: it is never passed on"),
        Case(withAgent("upgrade: h2c"), "1:10: upgrade: must not be h2c: it is never passed on"),
        Case(
            withAgent("upgrade: true"),
            "1:10: upgrade: must be the name of a protocol such as websocket, not true"),
        Case(withAgent("upgrade: [irc, IRC]"), "1:10: upgrade: irc is there twice"),
        Case(
            withAgent("upgrade: [\((0..<33).map { "p\($0)" }.joined(separator: ", "))]"),
            "1:10: upgrade: must be at most 32 protocols, not 33"),
        Case(withAgent("connect: allow"), "1:10: connect: must be refuse or forward, not \"allow\""),
        Case(
            withAgent("client: {continueTimeout: 0}"), "1:27: client.continueTimeout: must be 1ms to 1h, not 0s"),
        Case(withAgent("client: {tunnelTimeout: 25h}"), "1:25: client.tunnelTimeout: must be 1ms to 24h, not 25h"),
        Case(withAgent("threads: 0"), "1:10: threads: must be 1 to 1024, not 0"),
        Case(withAgent("threads: \"2\""), "1:10: threads: must be a whole number from 1 to 1024, not \"2\""),
        Case(withAgent("io: yes"), "1:5: io: must be auto or io_uring or epoll, not \"yes\""),
        Case(withAgent("threads: 1.5"), "1:10: threads: must be a whole number from 1 to 1024, not 1.5"),
        Case(withAgent("threads: [2]"), "1:10: threads: must be a whole number from 1 to 1024, not a list"),
        Case(withAgent("forwarded: yes"), "1:12: forwarded: must be append or replace or leave, not \"yes\""),
        Case(
            withAgent("via: \"a b\""),
            "1:6: via: must be a name without spaces of at most 255 characters, or \"\", not \"a b\""),
        Case(
            withAgent("via: \"a\\r\\nX: y\""),
            "1:6: via: must be a name without spaces of at most 255 characters, or \"\", "
                + "not \"a\\u{d}\\u{a}X: y\""),
        Case(withAgent("via: 7"), "1:6: via: must be a string, not 7"),
        Case(withAgent("grace: 25h"), "1:8: grace: must be 0s to 24h, not 25h"),
        Case(
            withAgent("grace: soon"), "1:8: grace: must be a duration such as \"500ms\", \"4s\" or \"2m\", not \"soon\""
        ),
        Case(
            withAgent("accessLog: stderr"),
            "1:12: accessLog: must be off, stdout or a path such as /var/log/sluice/access.log or ./access.log, "
                + "not \"stderr\""),
        Case(
            withAgent("accessLog: /var/log/"),
            "1:12: accessLog: must be off, stdout or a path such as /var/log/sluice/access.log or ./access.log, "
                + "not \"/var/log/\""),
        Case(withAgent("statusInterval: 1ms"), "1:17: statusInterval: must be 100ms to 1h, not 1ms"),
        Case(withAgent("watch: 1"), "1:8: watch: must be true or false, not 1"),
        Case(
            withAgent("logLevel: loud"),
            "1:11: logLevel: must be trace or debug or info or notice or warning or error or critical, not \"loud\""),
        Case(withAgent("client: {maxHeadSize: 1}"), "1:23: client.maxHeadSize: must be 1KiB to 1MiB, not 1"),
        Case(
            withAgent("client: {maxBodySize: 1KB}"),
            "1:23: client.maxBodySize: must be a size such as \"32KiB\" or \"1MiB\", not \"1KB\""),
        Case(withAgent("client: {maxFields: 0}"), "1:21: client.maxFields: must be 1 to 10000, not 0"),
        Case(agent("maxSockets: 0"), "3:59: agents.k.maxSockets: must be 1 to 1000000, not 0"),
        Case(agent("mode: keep"), "3:53: agents.k.mode: must be keepalive or normal, not \"keep\""),
        Case(agent("retry: 1"), "3:54: agents.k.retry: must be true or false, not 1"),
        Case(
            agent("maxPending: .inf"),
            "3:59: agents.k.maxPending: must be a whole number from 0 to 1000000, not \".inf\""),
        Case(agent("timeout: 0ms"), "3:56: agents.k.timeout: must be 1ms to 24h, not 0s"),
        Case(
            "agents: {default: {upstream: ftp://h}}",
            "1:30: agents.default.upstream: must be http://host:port or unix:/path, not \"ftp://h\""),
        Case(
            "agents: {default: {upstream: [http://h, http://i]}}",
            "1:30: agents.default.upstream: must be one upstream; several for one agent are not supported yet"),
        Case(
            withAgent("routes: [{prefix: k, agent: default}]"), "1:19: routes[0].prefix: must start with /, not \"k\""),
        Case(
            withAgent("routes: [{prefix: '/k?x', agent: default}]"),
            "1:19: routes[0].prefix: must be a path of at most 1024 visible ASCII characters without ? and #"),
        Case(
            withAgent("routes: [{host: 'h:80', agent: default}]"),
            "1:17: routes[0].host: must be a host name without a port, not \"h:80\""),
        Case(
            withAgent("routes: [{stripPrefix: 3, agent: default}]"),
            "1:24: routes[0].stripPrefix: must be true or false, not 3"),
    ]

    static let access: [Case] = [
        Case(
            withAgent("admin: {socketMode: 0o660}"),
            "1:21: admin.socketMode: must be a mode such as \"0600\" or \"0660\" that lets the owner in, not 432"),
        Case(
            withAgent("admin: {socketMode: '0444'}"),
            "1:21: admin.socketMode: must be a mode such as \"0600\" or \"0660\" that lets the owner in, not \"0444\""),
        Case(
            withAgent("admin: {socketMode: '1777'}"),
            "1:21: admin.socketMode: must be a mode such as \"0600\" or \"0660\" that lets the owner in, not \"1777\""),
        Case(
            withAgent("admin: {socketMode: '+600'}"),
            "1:21: admin.socketMode: must be a mode such as \"0600\" or \"0660\" that lets the owner in, not \"+600\""),
        Case(
            withAgent("admin: {readTokenFile: ''}"), "1:24: admin.readTokenFile: must be the path of a file, not \"\""),
        Case(withAgent("admin: {changeTokenFile: 1}"), "1:26: admin.changeTokenFile: must be a string, not 1"),
        Case(
            withAgent("admin: {hosts: [a, 'b:1', '*']}"),
            "1:20: admin.hosts[1]: must be a host name without a port, not \"b:1\"",
            "1:27: admin.hosts[2]: must be a host name without a port, not \"*\""),
        Case(withAgent("admin: {unprotected: maybe}"), "1:22: admin.unprotected: must be true or false, not \"maybe\""),
    ]

    static let shapes: [Case] = [
        Case("7", "1:1: must be keys with values, not 7"),
        Case("[a, b]", "1:1: must be keys with values, not a list"),
        Case(withAgent("admin: 127.0.0.1:1"), "1:8: admin: must be keys with values, not \"127.0.0.1:1\""),
        Case(withAgent("client: [a]"), "1:9: client: must be keys with values, not a list"),
        Case("agents: [a]", "1:9: agents: must be keys with values, not a list"),
        Case("agents: {default: 3}", "1:19: agents.default: must be keys with values, not 3"),
        Case(withAgent("routes: {a: b}"), "1:9: routes: must be a list of routes, not an object"),
        Case(withAgent("routes: [/k]"), "1:10: routes[0]: must be keys with values, not \"/k\""),
        Case(withAgent("? [a]\n: b"), "1:3: a key must be a word, not a list"),
        // Unknown keys.
        Case(withAgent("listn: x"), "1:1: listn: unknown key; did you mean listen?"),
        Case(withAgent("Listen: x"), "1:1: Listen: unknown key; did you mean listen?"),
        Case(withAgent("client: {headTimeuot: 1}"), "1:10: client.headTimeuot: unknown key; did you mean headTimeout?"),
        Case(
            withAgent("admin: {token: 1}"),
            "1:9: admin.token: unknown key; allowed are listen, socketMode, tls, readTokenFile, changeTokenFile, "
                + "hosts, unprotected"),
        Case(withAgent("admin: {tls: x}"), "1:14: admin.tls: must be keys with values, not \"x\""),
        Case(
            withAgent("admin: {tls: {certificate: x}}"),
            "1:15: admin.tls.certificate: unknown key; allowed are certificateFile, keyFile, clientCAFile"),
        Case(
            withAgent("maxSockets: 1"), "1:1: maxSockets: unknown key; it belongs to an agent: agents.NAME.maxSockets"),
        Case(withAgent("headTimeout: 1"), "1:1: headTimeout: unknown key; it belongs to client.headTimeout"),
        Case(withAgent("client: {threads: 1}"), "1:10: client.threads: unknown key; it belongs to threads"),
        Case(
            withAgent("colour: red"),
            "1:1: colour: unknown key; allowed are listen, admin, threads, io, client, forwarded, trustedProxies, "
                + "upgrade, connect, via, grace, agents, routes, accessLog, logLevel, logFormat, statusInterval, watch"),
        Case(agent("maxSocket: 1"), "3:47: agents.k.maxSocket: unknown key; did you mean maxSockets?"),
        Case(
            withAgent("routes: [{path: /, agent: default}]"),
            "1:11: routes[0].path: unknown key; allowed are host, prefix, stripPrefix, agent"),
        // Keys that are there twice.
        Case(withAgent("threads: 1\nthreads: 2"), "2:1: threads: is there twice, first in line 1"),
        Case(withAgent("threads: 1\n\"threads\": 2"), "2:1: threads: is there twice, first in line 1"),
        Case(
            withAgent("threads: 0\r\nthreads: 2\r\nthreads: 3"),
            "1:10: threads: must be 1 to 1024, not 0", "2:1: threads: is there twice, first in line 1",
            "3:1: threads: is there twice, first in line 1"),
        Case(agent("timeout: 1s, timeout: 2s"), "3:60: agents.k.timeout: is there twice, first in line 3"),
        Case(
            "agents:\n  default: {upstream: http://h}\n  default: {upstream: http://h}",
            "3:3: agents.default: is there twice, first in line 2"),
        Case(withAgent("1: a\n1: b"), "1:1: the key \"1\" is there twice"),
        Case(withAgent("threads: !t 3"), "1:10: threads: the tag !t means nothing here"),
        Case(agent("<<: 3"), "3:51: agents.k: << must be given keys with values"),
    ]

    static let wholes: [Case] = [
        Case("", " agents: must name at least one agent, unless --upstream is given"),
        Case("# nothing\n", " agents: must name at least one agent, unless --upstream is given"),
        Case("agents: {}", "1:1: agents: must name at least one agent"),
        Case(
            "agents: {default: }", "1:10: agents.default.upstream: is missing; must be http://host:port or unix:/path"),
        Case(
            "agents: {k: {upstream: http://h}}",
            " routes: without routes there must be an agent named default; there is k"),
        Case(
            withAgent("routes:\n- {agent: other}\n- {agent: default}\n- {agent: default, prefix: /}"),
            "2:11: routes[0].agent: no agent is named \"other\"",
            "3:3: routes[1]: the same host and prefix stand in an earlier route",
            "4:3: routes[2]: the same host and prefix stand in an earlier route"),
        Case(withAgent("routes: [{prefix: /}]"), "1:10: routes[0].agent: is missing; must be the name of an agent"),
        Case(
            withAgent("admin: {listen: 0.0.0.0:1}"),
            "1:17: admin.listen: \(AdminProtection.missing)"),
        Case(
            withAgent("admin: {tls: {certificateFile: a}}"),
            "1:14: admin.tls.keyFile: is missing; TLS needs certificateFile and keyFile"),
        Case(
            withAgent("admin: {tls: {clientCAFile: a}, listen: 0.0.0.0:1}"),
            "1:14: admin.tls.certificateFile: is missing; TLS needs certificateFile and keyFile",
            "1:14: admin.tls.keyFile: is missing; TLS needs certificateFile and keyFile"),
        Case(
            withAgent("admin: {listen: 127.0.0.1:1}\nlisten: 127.0.0.1:1"),
            "1:17: admin.listen: 127.0.0.1:1 is in listen too"),
        Case(
            "agents:\n  default: {upstream: http://h}\n  'a b': {upstream: http://h}",
            "3:3: agents.a b: an agent's name is 1 to 64 letters, digits, '-', '_' or '.'"),
    ]

    static let texts: [Case] = [
        Case("a: [1", "2:1: is not YAML: did not find expected ',' or ']' (while parsing a flow sequence, line 1)"),
        Case("a: b: c", "1:5: is not YAML: mapping values are not allowed in this context"),
        Case(
            "\ta: b",
            "1:1: is not YAML: found character that cannot start any token "
                + "(while scanning for the next token, line 1)"),
        Case("a: *b", "1:4: is not YAML: found undefined alias"),
        Case(withAgent("") + "---\na: b", "3:1: there is a second document; a configuration is one document"),
        Case("a: 1\nb: \u{7}", "2:4: the character U+0007 is not allowed in YAML"),
        Case(String(repeating: "[", count: 5000), "1:1: is nested too deeply"),
        Case(String(repeating: "#", count: (1 << 20) + 1), " must be at most 1MiB long"),
    ]

    @Test("more agents or routes than anyone needs are a mistake")
    func tooMany() {
        let names = ["default"] + (1...1_000).map { "a\($0)" }
        let agents = "agents:\n" + names.map { "  \($0): {upstream: http://h}" }.joined(separator: "\n")
        #expect(problems(agents) == ["sluice.yaml:1:1: agents: must be at most 1000 agents, not 1001"])
        let routes = (0...1_000).map { "- {agent: default, prefix: /\($0)}" }.joined(separator: "\n")
        #expect(
            problems(withAgent("routes:\n" + routes)) == [
                "sluice.yaml:1:1: routes: must be at most 1000 routes, not 1001"
            ])
    }

    @Test("all faults are told at once, in the order of the file")
    func allAtOnce() {
        let yaml = """
            listen: [127.0.0.1:99999, foo]
            listn: 3
            threads: 0
            threads: many
            client: {headTimeout: 10, maxHeadSize: 32KB, headTimeout: 3}
            agents:
              k: {upstream: "https://127.0.0.1:1984", mode: keep, maxSockets: 0, maxSocket: 3}
              default: {mode: normal}
            routes:
              - {prefix: k, agent: kk}
              - 7
              - {prefix: /, agent: default}
              - {prefix: /, agent: default}
            """
        let lines = problems(
            yaml, environment: ["SLUICE_GRACE": "x", "SLUICE_GARCE": "1s"], flags: ["--threads": ["none such"]])
        let places = lines.map {
            $0.replacing("sluice.yaml:", with: "").split(separator: " ").prefix(2).joined(separator: " ")
        }
        #expect(
            places == [
                "1:10: listen[0]:", "1:27: listen[1]:", "2:1: listn:", "3:10: threads:", "4:1: threads:",
                "5:40: client.maxHeadSize:", "5:46: client.headTimeout:", "7:17: agents.k.upstream:",
                "7:49: agents.k.mode:", "7:67: agents.k.maxSockets:", "7:70: agents.k.maxSocket:",
                "8:3: agents.default.upstream:", "10:14: routes[0].prefix:", "10:24: routes[0].agent:",
                "11:5: routes[1]:", "13:5: routes[3]:", "SLUICE_GARCE: unknown", "SLUICE_GRACE: must",
                "--threads: must",
            ])
    }

    @Test("a message is bounded and cannot steer a terminal")
    func messageIsPrintable() throws {
        let lines = problems(withAgent("\"\\e[2J\\u202e\(String(repeating: "x", count: 900))\": 1"))
        let line = try #require(lines.first)
        #expect(line.hasPrefix("sluice.yaml:1:1: \\u{1b}[2J\\u{202e}xxx"))
        #expect(line.unicodeScalars.count < 500)
    }

    @Test("a hundred faults are shown, the rest are counted")
    func manyFaults() {
        let keys = (0..<150).map { "zz\($0): 1" }.joined(separator: "\n")
        let lines = problems(withAgent(keys))
        #expect(lines.count == 101)
        #expect(lines.last == "and 50 more")
    }

    @Test("anchors inside anchors do not multiply the work")
    func anchorsDoNotMultiply() {
        var yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...30 {
            let aliases = (0..<10).map { _ in "*a\(level - 1)" }.joined(separator: ", ")
            yaml += "a\(level): &a\(level) [\(aliases)]\n"
        }
        let lines = problems(withAgent(yaml + "listen: *a30\nthreads: *a30\n"))
        #expect(lines.contains { $0.contains("threads: must be a whole number from 1 to 1024, not a list") })
        #expect(lines.count == 31 + 10 + 1)
    }
}

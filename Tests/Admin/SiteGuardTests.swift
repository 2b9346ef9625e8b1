import Control
import MicroHTTPD
import Testing

@testable import Admin

@Suite struct SiteGuardTests {
    @Test(
        "only the server's own names are answered",
        arguments: [
            ("127.0.0.1:1986", true), ("127.0.0.1", true), ("localhost:1986", true), ("LOCALHOST", true),
            ("[::1]:1986", true), ("[::1]", true), ("127.9.9.9:1986", true),
            ("evil.example", false), ("evil.example:1986", false), ("127.0.0.1:80", false), ("localhost:1985", false),
            ("127.evil.example:1986", false), ("127.0.0.1.evil.example", false), ("localhost.evil.example", false),
            ("", false), (":1986", false), ("127.0.0.1:", false), ("127.0.0.1:+1986", false),
            ("127.0.0.1:99999", false), ("[::1", false), ("[::1]x", false), ("10.0.0.1", false), ("127.0.0", false),
            ("127.0.0.256", false), ("localhost.", false), ("127.0.0.1:1986:1986", false),
            ("[0:0:0:0:0:0:0:1]:1986", true), ("[::ffff:127.0.0.1]:1986", true), ("[::1]:80", false), ("[::2]", false),
            ("[::1%lo]", false), ("[::ffff:10.0.0.1]", false), ("0.0.0.0:1986", false), ("2130706433", false),
            ("127.1", false), ("127.0.0.1%", false), ("user@127.0.0.1", false), ("127.0.0.1,evil.example", false),
        ])
    func host(host: String, isOwn: Bool) async {
        for path in ["/api/v1/status", "/", "/metrics", "/none"] {
            let reply = await Harness().send("GET", path, [("Host", host)])
            #expect((reply.status != 421) == isOwn, "\(path)")
            if !isOwn { #expect(reply.problem == "foreign-host") }
        }
    }

    @Test("two hosts are one too many; a Unix socket takes any")
    func hosts() async {
        #expect(await Harness().send("GET", "/healthz", [("Host", "localhost"), ("Host", "evil")]).status == 421)
        let unix = Harness(address: .unix(path: "/run/x"))
        #expect(await unix.send("GET", "/healthz", [("Host", "whatever")]).status == 200)
        #expect(await unix.patch("k", "{}").status == 200)
    }

    @Test("a name that the server was bound to is its own")
    func bound() async {
        let harness = Harness(address: .tcp(host: "Box.example", port: 80))
        #expect(await harness.send("GET", "/healthz", [("Host", "box.example")]).status == 200)
    }

    @Test("at every address of the machine, the one that the client connected to is the server's own")
    func everywhere() async {
        let harness = Harness(address: .tcp(host: "0.0.0.0", port: 1986))
        for (host, local, status) in [
            ("10.1.2.3:1986", "10.1.2.3", 200), ("10.1.2.3", "10.1.2.3", 200), ("10.1.2.3", "::ffff:10.1.2.3", 200),
            ("[fd00:0::1]:1986", "fd00::1", 200), ("localhost", "127.0.0.1", 200), ("10.1.2.4", "10.1.2.3", 421),
            ("10.1.2.3:80", "10.1.2.3", 421), ("evil.example:1986", "10.1.2.3", 421), ("10.1.2.3", nil, 421),
        ] as [(String, String?, Int)] {
            let request = Request(method: "GET", path: "/healthz", fields: [("Host", host)], localHost: local)
            #expect(await harness.api.respond(to: request).status == status, "\(host) at \(local ?? "none")")
        }
    }

    @Test("names from the configuration are answered at any port, and may be spoken to by TLS in between")
    func named() async {
        let harness = Harness(access: AdminAccess(hosts: ["admin.example", "::2"]))
        for host in ["admin.example", "Admin.Example:8443", "[::2]:1", "localhost:1986"] {
            #expect(await harness.send("GET", "/healthz", [("Host", host)]).status == 200, "\(host)")
        }
        for host in ["other.example", "x.admin.example", "admin.example.", "localhost:8443"] {
            #expect(await harness.send("GET", "/healthz", [("Host", host)]).status == 421, "\(host)")
        }
        for (host, origin, status) in [
            ("admin.example", "https://admin.example", 200), ("admin.example", "http://admin.example", 200),
            ("admin.example:8443", "https://admin.example:8443", 200), ("admin.example", "https://localhost", 403),
            ("localhost", "https://localhost", 403), ("localhost", "https://admin.example", 403),
        ] {
            let reply = await harness.patch("k", "{}", [("Host", host), ("Origin", origin)])
            #expect(reply.status == status, "\(origin) to \(host)")
        }
    }

    @Test("a form of another site changes nothing, with whatever fields a browser of any age sends")
    func form() async {
        let harness = Harness()
        let bodies = ["mode=normal", #"{"mode": "normal", "x": "=" }"#]
        for type in ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"] {
            for fields in [[], [(name: "Origin", value: "null")], [("Sec-Fetch-Site", "cross-site")]] {
                for (method, body) in [("POST", bodies[0]), ("POST", bodies[1]), ("PATCH", bodies[1])] {
                    let reply = await harness.send(
                        method, "/api/v1/agents/k", [("Content-Type", type)] + fields, body: body)
                    #expect([403, 405, 415].contains(reply.status), "\(method) \(type): \(reply.status)")
                }
            }
        }
        #expect(harness.control.agents()[0].settings.mode == .keepalive)
        #expect(harness.log.all.isEmpty)
    }

    @Test("no answer allows another origin anything", arguments: ["GET", "OPTIONS", "PATCH", "HEAD"])
    func noCORS(method: String) async {
        let fields = [
            (name: "Origin", value: "http://evil.example"), ("Access-Control-Request-Method", "PATCH"),
            ("Access-Control-Request-Headers", "content-type, authorization"),
        ]
        for path in ["/api/v1/agents/k", "/", "/healthz", "/none"] {
            let reply = await Harness().send(method, path, fields)
            #expect(!reply.response.fields.contains { $0.name.lowercased().hasPrefix("access-control") }, "\(path)")
            let policy = reply.field("Content-Security-Policy") ?? ""
            for word in ["default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"] {
                #expect(policy.contains(word), "\(path)")
            }
            #expect(!policy.contains("unsafe") && !policy.contains("*"), "\(path)")
        }
    }

    @Test(
        "a change that comes from another site is refused",
        arguments: [
            ("Origin", "http://127.0.0.1:1986", 200), ("Origin", "HTTP://127.0.0.1:1986", 200),
            ("Origin", "http://evil.example", 403), ("Origin", "null", 403), ("Origin", "http://127.0.0.1:3000", 403),
            ("Origin", "https://127.0.0.1:1986", 403), ("Origin", "http://localhost:1986", 403),
            ("Sec-Fetch-Site", "same-origin", 200), ("Sec-Fetch-Site", "none", 200),
            ("Sec-Fetch-Site", "same-site", 403), ("Sec-Fetch-Site", "cross-site", 403), ("Sec-Fetch-Site", "", 403),
        ])
    func origin(name: String, value: String, status: Int) async {
        let harness = Harness()
        let reply = await harness.patch("k", #"{"mode": "normal"}"#, [(name, value)])
        #expect(reply.status == status)
        #expect(harness.control.agents()[0].settings.mode == (status == 200 ? .normal : .keepalive))
        if status == 403 { #expect(reply.problem == "cross-site") }
        // Reading is the browser's to refuse; but a stream would take up a place.
        #expect(await harness.send("GET", "/api/v1/status", [(name, value)]).status == 200)
        #expect(await harness.send("HEAD", "/api/v1/events", [(name, value)]).status == status)
    }
}

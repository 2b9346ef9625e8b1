import Control
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

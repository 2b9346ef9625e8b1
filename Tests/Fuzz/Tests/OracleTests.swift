import Testing

/// A check that cannot fail is none: what the fuzz targets hold the proxy against must find what is wrong.
@Suite("the fuzz targets' own checks")
struct OracleTests {
    @Test(
        "refuse requests that could be read in two ways",
        arguments: [
            "GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost\0: a\r\n\r\n", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        ])
    func strictness(text: String) {
        #expect(throws: StrictMessage.Stop.self) { try StrictMessage(Array(text.utf8), .request) }
    }

    /// What went over the wires of one client and one upstream.
    struct Wires: Sendable, CustomTestStringConvertible {
        var name: String
        var asked = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"
        var arrived = "GET /a HTTP/1.1\r\nHost: a\r\nVia: 1.1 sluice\r\nX-Forwarded-For: b\r\n\r\n"
        var answered = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        var got = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nVia: 1.1 sluice\r\nDate: c\r\n\r\nok"

        var testDescription: String { name }
    }

    private func check(_ wires: Wires) throws -> String {
        let world = SimulatedWorld(seed: 1)
        defer { world.end() }
        world.faults.latencyMax = 0
        func peer(sends: String, receives: String) -> ExchangePeer {
            let (near, far) = SimulatedEnd.pair(world: world)
            let (peer, proxy) = (ExchangePeer(far), ExchangePeer(near))
            far.observer = peer
            peer.send(Array(sends.utf8))
            proxy.send(Array(receives.utf8))
            while let next = world.nextHappening {
                world.advance(to: next)
                _ = world.runDue()
            }
            return peer
        }
        let client = peer(sends: wires.asked, receives: wires.got)
        let upstream = peer(sends: wires.answered, receives: wires.arrived)
        return try ExchangeChecks(clients: [client], upstreams: [upstream], via: "sluice").run()
    }

    @Test("pass a sound exchange")
    func sound() throws {
        #expect(try check(Wires(name: "sound")) == "1 asked, 1 forwarded, answers [200]")
    }

    @Test("find what is wrong with an exchange", arguments: wrong)
    func finds(wires: Wires) {
        #expect(throws: Finding.self) { try check(wires) }
    }

    private static let upgrade = "Upgrade: websocket\r\nConnection: upgrade\r\n\r\n"
    private static let forwarded = "Host: a\r\nVia: 1.1 sluice\r\nX-Forwarded-For: b\r\n"
    private static let post = "POST /a HTTP/1.1\r\n\(forwarded)Content-Length: 2\r\n\r\n"

    private static let wrong: [Wires] = [
        Wires(name: "another target", arrived: "GET /b HTTP/1.1\r\n\(forwarded)\r\n"),
        Wires(name: "no Via", arrived: "GET /a HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: b\r\n\r\n"),
        Wires(name: "another field", arrived: "GET /a HTTP/1.1\r\n\(forwarded)X-A: b\r\n\r\n"),
        Wires(name: "hop by hop", arrived: "GET /a HTTP/1.1\r\n\(forwarded)TE: gzip\r\n\r\n"),
        Wires(name: "a bare line feed", arrived: "GET /a HTTP/1.1\nHost: a\n\n"),
        Wires(
            name: "a second request", arrived: "GET /a HTTP/1.1\r\n\(forwarded)\r\nGET /b HTTP/1.1\r\n\(forwarded)\r\n"),
        Wires(
            name: "another body", asked: "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok",
            arrived: "\(post)no"),
        Wires(
            name: "sent twice", asked: "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok",
            arrived: "\(post)ok\(post)ok"),
        Wires(name: "an answer of nobody", got: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno"),
        Wires(name: "a cut answer", answered: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no"),
        Wires(name: "another status", got: "HTTP/1.1 201 OK\r\nContent-Length: 2\r\n\r\nok"),
        Wires(name: "two framings", got: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok"),
        Wires(
            name: "one answer more",
            got: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
        Wires(
            name: "chunks for HTTP/1.0", asked: "GET /a HTTP/1.0\r\nHost: a\r\n\r\n",
            got: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
        Wires(name: "101 unasked", answered: "HTTP/1.1 101 Go\r\n\(upgrade)", got: "HTTP/1.1 101 Go\r\n\(upgrade)"),
        Wires(
            name: "bytes that no tunnel carried", asked: "GET /a HTTP/1.1\r\nHost: a\r\n\(upgrade)ping",
            arrived: "GET /a HTTP/1.1\r\n\(forwarded)\(upgrade)ping", answered: "HTTP/1.1 101 Go\r\n\(upgrade)pong",
            got: "HTTP/1.1 101 Go\r\n\(upgrade)bong"),
    ]
}

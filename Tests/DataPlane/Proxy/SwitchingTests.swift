import Control
import Testing

@testable import DataPlane

/// Who gets to switch to another protocol, and who does not.
@Suite struct SwitchingTests {
    @Test("an upgrade goes upstream as one, and the 101 comes back as one", arguments: [true, false])
    func switches(isReused: Bool) {
        let scenario = Scenario()
        let client = scenario.client()
        if isReused {
            client.ask()
            scenario.settle()
            scenario.upstream.last.answer()
            scenario.settle()
            client.take()
            scenario.upstream.last.take()
        }
        client.askToSwitch(to: "WebSocket", "Keep-Alive: 5\r\n")
        scenario.settle()
        let asked = scenario.upstream.last.take().lowercased()
        #expect(asked.contains("\r\nconnection: upgrade\r\n"))
        #expect(asked.contains("\r\nupgrade: websocket\r\n"))
        #expect(!asked.contains("keep-alive"))
        scenario.upstream.last.send(
            "HTTP/1.1 101 Go\r\nConnection: Upgrade, X-Private\r\nX-Private: 1\r\nUpgrade: websocket\r\nA: b\r\n\r\n")
        scenario.settle()
        let answer = client.text.lowercased()
        #expect(answer.hasPrefix("http/1.1 101 go\r\n"))
        #expect(answer.contains("\r\nconnection: upgrade\r\n"))
        #expect(answer.contains("\r\nupgrade: websocket\r\n"))
        #expect(answer.contains("\r\na: b\r\n"))
        #expect(!answer.contains("x-private"))
        #expect(scenario.finish(client) == [])
    }

    @Test("any other answer is relayed, and both connections go on", arguments: [200, 400, 426, 500])
    func refused(status: Int) {
        let scenario = Scenario()
        let client = scenario.client()
        for _ in 0..<3 {
            client.askToSwitch()
            scenario.settle()
            scenario.upstream.last.send("HTTP/1.1 \(status) Whatever\r\nContent-Length: 2\r\n\r\nno")
            scenario.settle()
            #expect(client.status == status)
            #expect(client.take().hasSuffix("\r\n\r\nno"))
            #expect(!client.isEnded)
        }
        #expect(scenario.upstream.connections.count == 1)
        #expect(scenario.counters.free.value == 1)
        #expect(scenario.finish(client) == [])
    }

    @Test("interim answers before the 101 are relayed")
    func interim() {
        let scenario = Scenario()
        let client = scenario.client()
        client.askToSwitch()
        scenario.settle()
        scenario.upstream.last.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + Scenario.switching + "x")
        scenario.settle()
        #expect(client.status == 103)
        #expect(client.text.contains("HTTP/1.1 101 Switching Protocols\r\n"))
        #expect(client.text.hasSuffix("\r\n\r\nx"))
        #expect(scenario.finish(client) == [])
    }

    static let wrongFields = [
        "Connection: Upgrade\r\nUpgrade: other\r\n",
        "Connection: Upgrade\r\nUpgrade: websocket, other\r\n",
        "Connection: Upgrade\r\nUpgrade: websocket, websocket\r\n",
        "Connection: Upgrade\r\nUpgrade: websocket/13\r\n",
        "Connection: Upgrade\r\nUpgrade: \r\n",
        "Connection: Upgrade\r\n",
        "Upgrade: websocket\r\n",
        "",
    ]

    @Test("a 101 that does not name the one protocol asked for is no answer", arguments: wrongFields)
    func wrong(fields: String) {
        let scenario = Scenario()
        let client = scenario.client()
        client.askToSwitch()
        scenario.settle()
        scenario.upstream.last.send("HTTP/1.1 101 Go\r\n\(fields)\r\nbytes")
        scenario.settle()
        #expect(client.status == 502)
        #expect(!client.text.contains("bytes"))
        #expect(scenario.upstream.last.isReset)
        #expect(scenario.closed(.protocolError) == 1)
        // The client's connection goes on.
        client.take()
        client.ask()
        scenario.settle()
        scenario.upstream.last.answer()
        scenario.settle()
        #expect(client.status == 200)
        #expect(scenario.finish(client) == [])
    }

    static let unaskedRequests = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket/13\r\n\r\n",
        "GET / HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nab",
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "0\r\n\r\n",
    ]

    @Test("what is no upgrade goes upstream without one, and a 101 to it is no answer", arguments: unaskedRequests)
    func unasked(request: String) {
        let scenario = Scenario()
        let client = scenario.client()
        client.send(request)
        scenario.settle()
        #expect(!scenario.upstream.last.text.lowercased().contains("upgrade"))
        scenario.upstream.last.send(Scenario.switching)
        scenario.settle()
        #expect(client.status == 502)
        #expect(scenario.upstream.last.isReset)
        #expect(scenario.finish(client) == [])
    }

    @Test("with no protocol configured nobody switches")
    func switchedOff() {
        let scenario = Scenario(configuration: { $0.upgrade = [] })
        let client = scenario.client()
        client.askToSwitch()
        scenario.settle()
        #expect(!scenario.upstream.last.text.lowercased().contains("upgrade"))
        scenario.upstream.last.send(Scenario.switching)
        scenario.settle()
        #expect(client.status == 502)
        #expect(scenario.finish(client) == [])
    }

    @Test("of several protocols the configured ones are offered, and the upstream takes one")
    func several() {
        let scenario = Scenario(configuration: { $0.upgrade = ["websocket", "irc/6.9"] })
        let client = scenario.client()
        client.askToSwitch(to: "h2c, IRC/6.9, websocket, rta")
        scenario.settle()
        let asked = scenario.upstream.last.take().lowercased()
        #expect(asked.contains("\r\nupgrade: irc/6.9, websocket\r\n"))
        scenario.upstream.last.send("HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: irc/6.9\r\n\r\nNICK")
        scenario.settle()
        #expect(client.status == 101)
        #expect(client.text.hasSuffix("\r\n\r\nNICK"))
        #expect(scenario.finish(client) == [])
    }

    @Test("a 101 from an upstream of HTTP/1.0 is no answer")
    func oldUpstream() {
        let scenario = Scenario()
        let client = scenario.client()
        client.askToSwitch()
        scenario.settle()
        scenario.upstream.last.send("HTTP/1.0 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        scenario.settle()
        #expect(client.status == 502)
        #expect(scenario.finish(client) == [])
    }

    @Test("an upgrade whose socket was stale is asked for once more")
    func stale() {
        let scenario = Scenario()
        let client = scenario.client()
        client.ask()
        scenario.settle()
        scenario.upstream.last.answer()
        scenario.settle()
        client.take()
        client.askToSwitch()
        scenario.upstream.last.close()
        scenario.settle()
        #expect(scenario.upstream.connections.count == 2)
        #expect(scenario.upstream.last.text.lowercased().contains("\r\nupgrade: websocket\r\n"))
        scenario.upstream.last.send(Scenario.switching)
        scenario.settle()
        #expect(client.status == 101)
        #expect(scenario.finish(client) == [])
    }

    @Test("an upgrade that nobody answers in time is a 504, as any request")
    func timeout() {
        let scenario = Scenario { $0.timeout = .seconds(2) }
        let client = scenario.client()
        client.askToSwitch()
        scenario.pass(.seconds(2.1))
        #expect(client.status == 504)
        #expect(scenario.upstream.last.isReset)
        #expect(scenario.finish(client) == [])
    }
}

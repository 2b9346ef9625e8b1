import Control
import Testing

@testable import DataPlane

/// CONNECT, where it is forwarded (RFC 9110, section 9.3.6).
@Suite struct ConnectTests {
    private func forwarding(_ change: (inout Configuration) -> Void = { _ in }) -> Scenario {
        Scenario(configuration: {
            $0.connect = .forward
            change(&$0)
        })
    }

    private let request = "CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n"

    @Test("it goes upstream as it came, and a 2xx makes a tunnel", arguments: [200, 201, 204, 299])
    func granted(status: Int) {
        let scenario = forwarding()
        let client = scenario.client()
        client.send(request)
        scenario.settle()
        let upstream = scenario.upstream.last
        #expect(upstream.take().hasPrefix("CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n"))
        upstream.send("HTTP/1.1 \(status) Fine\r\nA: b\r\n\r\nbehind")
        scenario.settle()
        #expect(client.status == status)
        let answer = client.take()
        #expect(answer.hasSuffix("\r\n\r\nbehind"))
        #expect(answer.contains("\r\nA: b\r\n"))
        for name in ["content-length", "transfer-encoding", "connection: close"] {
            #expect(!answer.lowercased().contains(name))
        }
        client.send("hello")
        scenario.settle()
        #expect(upstream.take() == "hello")
        #expect(scenario.deployment.nodes[0].clients.listeners[0].responses[status - 100].value == 1)
        upstream.close()
        client.close()
        scenario.settle()
        #expect(scenario.closed(.upstreamClose) + scenario.closed(.clientGone) == 1)
        #expect(scenario.counters.free.value == 0)
        #expect(scenario.finish(client) == [])
    }

    @Test("what the client sent behind it belongs to the tunnel")
    func earlyData() {
        let scenario = forwarding()
        let client = scenario.client()
        client.send(request + "hello")
        scenario.settle()
        let upstream = scenario.upstream.last
        #expect(upstream.take().hasSuffix("\r\n\r\n"))
        upstream.send("HTTP/1.1 200 OK\r\n\r\n")
        scenario.settle()
        #expect(upstream.text == "hello")
        #expect(scenario.finish(client) == [])
    }

    @Test("any other answer is one, and the connection's last: RFC 9931", arguments: [302, 403, 407, 502])
    func refusedUpstream(status: Int) {
        let scenario = forwarding()
        let client = scenario.client()
        client.send(request)
        scenario.settle()
        scenario.upstream.last.send("HTTP/1.1 \(status) No\r\nContent-Length: 2\r\n\r\nno")
        scenario.settle()
        #expect(client.status == status)
        #expect(client.text.contains("\r\nConnection: close\r\n"))
        #expect(client.text.hasSuffix("\r\n\r\nno"))
        #expect(client.isEnded && !client.isReset)
        // The upstream's goes on: nothing was sent on it that was not meant for it.
        #expect(scenario.counters.free.value == 1)
        #expect(scenario.finish(client) == [])
    }

    @Test("an HTTP/1.0 client gets a tunnel, and is told nothing of what follows")
    func oldClient() {
        let scenario = forwarding()
        let client = scenario.client()
        client.send("CONNECT b:443 HTTP/1.0\r\n\r\n")
        scenario.settle()
        let upstream = scenario.upstream.last
        #expect(upstream.take().hasPrefix("CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n"))
        upstream.send("HTTP/1.1 200 OK\r\n\r\nx")
        scenario.settle()
        #expect(client.status == 200)
        #expect(!client.text.lowercased().contains("connection:"))
        #expect(client.text.hasSuffix("\r\n\r\nx"))
        #expect(scenario.finish(client) == [])
    }

    @Test("what was sent behind a CONNECT that has no route is no request")
    func noRouteEarlyData() {
        let scenario = forwarding { $0.routes = [Route(host: "a", prefix: "/", agent: "default")] }
        let client = scenario.client()
        client.send(request + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
        scenario.settle()
        #expect(client.status == 404)
        #expect(client.isEnded)
        #expect(scenario.upstream.connections.isEmpty)
        #expect(scenario.finish(client) == [])
    }

    @Test("what was sent behind a CONNECT that is not granted is no request")
    func refusedEarlyData() {
        let scenario = forwarding()
        let client = scenario.client()
        client.send(request + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
        scenario.settle()
        scenario.upstream.last.take()
        scenario.upstream.last.send("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")
        scenario.settle()
        #expect(client.status == 403)
        #expect(client.text.contains("\r\nConnection: close\r\n"))
        #expect(client.isEnded)
        #expect(scenario.upstream.connections.allSatisfy { $0.text.isEmpty })
        #expect(scenario.finish(client) == [])
    }

    static let withContent = [
        "Content-Length: 1\r\n\r\na",
        "Content-Length: 100\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ]

    @Test("one with content is a bad request", arguments: withContent)
    func content(rest: String) {
        let scenario = forwarding()
        let client = scenario.client()
        client.send("CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n" + rest)
        scenario.settle()
        #expect(client.status == 400)
        #expect(client.isEnded)
        #expect(scenario.upstream.connections.isEmpty)
        #expect(scenario.finish(client) == [])
    }

    @Test("one that says its content is empty is none with content")
    func emptyContent() {
        let scenario = forwarding()
        let client = scenario.client()
        client.send("CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\nContent-Length: 0\r\n\r\n")
        scenario.settle()
        scenario.upstream.last.send("HTTP/1.1 200 OK\r\n\r\n")
        scenario.settle()
        #expect(client.status == 200)
        #expect(scenario.finish(client) == [])
    }

    @Test("it is routed by its host, and never by a path")
    func routes() {
        let scenario = forwarding {
            $0.routes = [
                Route(host: "b", prefix: "/", agent: "default"), Route(prefix: "/b", agent: "default"),
            ]
        }
        let (client, other) = (scenario.client(), scenario.client())
        client.send(request)
        other.send("CONNECT c:443 HTTP/1.1\r\nHost: c:443\r\n\r\n")
        scenario.settle()
        #expect(scenario.upstream.connections.count == 1)
        #expect(scenario.upstream.last.text.hasPrefix("CONNECT b:443 "))
        #expect(other.status == 404)
        #expect(scenario.finish(client, other) == [])
    }

    @Test(
        "an answer with a body's framing is none that can be relayed",
        arguments: [
            "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n",
        ])
    func framing(field: String) {
        let scenario = forwarding()
        let client = scenario.client()
        client.send(request)
        scenario.settle()
        scenario.upstream.last.send("HTTP/1.1 200 OK\r\n\(field)\r\n")
        scenario.settle()
        #expect(client.status == 502)
        #expect(scenario.upstream.last.isReset)
        #expect(scenario.finish(client) == [])
    }

    @Test("a length of zero in a 2xx is passed over")
    func zeroLength() {
        let scenario = forwarding()
        let client = scenario.client()
        client.send(request)
        scenario.settle()
        scenario.upstream.last.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nx")
        scenario.settle()
        #expect(client.status == 200)
        #expect(!client.text.lowercased().contains("content-length"))
        #expect(client.text.hasSuffix("\r\n\r\nx"))
        #expect(scenario.finish(client) == [])
    }

    @Test("in normal mode too the upstream is not told to close")
    func normalMode() {
        let scenario = Scenario {
            $0.mode = .normal
        } configuration: {
            $0.connect = .forward
        }
        let client = scenario.client()
        client.send(request)
        scenario.settle()
        #expect(!scenario.upstream.last.text.lowercased().contains("connection:"))
        scenario.upstream.last.send("HTTP/1.1 200 OK\r\n\r\n")
        scenario.settle()
        #expect(client.status == 200)
        #expect(scenario.finish(client) == [])
    }

    @Test("an upgrade and a CONNECT are not one thing: a 101 to it is no answer")
    func upgrade() {
        let scenario = forwarding()
        let client = scenario.client()
        client.send("CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        scenario.settle()
        #expect(!scenario.upstream.last.text.lowercased().contains("upgrade"))
        scenario.upstream.last.send(Scenario.switching)
        scenario.settle()
        #expect(client.status == 502)
        #expect(scenario.finish(client) == [])
    }

    @Test("where it is not forwarded it is refused")
    func refused() {
        let scenario = Scenario()
        let client = scenario.client()
        client.send(request)
        scenario.settle()
        #expect(client.status == 501)
        #expect(scenario.upstream.connections.isEmpty)
        #expect(scenario.finish(client) == [])
    }
}

import Control
import Locks
import Synchronization
import Testing

@testable import DataPlane

/// What the access log is told of each request.
@Suite struct AccessRecordTests {
    /// Keeps the records.
    private final class Records: AccessSink {
        private let state = Lock((isOn: true, records: [AccessRecord]()))

        var isOn: Bool {
            get { state.withLock { $0.isOn } }
            set { state.withLock { $0.isOn = newValue } }
        }
        var all: [AccessRecord] { state.withLock { $0.records } }
        var last: AccessRecord { all.last ?? AccessRecord() }

        func record(_ record: AccessRecord) { state.withLock { $0.records.append(record) } }
    }

    private let records = Records()

    private func scenario(_ settings: (inout AgentSettings) -> Void = { _ in }) -> Scenario {
        Scenario(settings, accessLog: records)
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test("a request on a new socket, and one on the same")
    func answered() throws {
        let scenario = scenario()
        let client = scenario.client()
        var sent: [(client: Int, upstream: Int, reply: Int)] = []
        for number in 1...2 {
            let request = "PUT /a?b=\(number) HTTP/1.1\r\nHost: h:80\r\nContent-Length: 3\r\n\r\nabc"
            client.send(request)
            scenario.pass(.milliseconds(5))
            let forwarded = scenario.upstream.last.take().utf8.count
            scenario.upstream.last.answer("hello")
            scenario.settle()
            sent.append((request.utf8.count, forwarded, client.take().utf8.count))
        }
        #expect(records.all.count == 2)
        for (number, record) in records.all.enumerated() {
            #expect(text(record.method) == "PUT")
            #expect(text(record.target) == "/a?b=\(number + 1)")
            #expect(record.targetSize == 6)
            #expect(text(record.host) == "h:80")
            #expect(record.versionMinor == 1)
            #expect(text(record.client) == "127.0.0.1")
            #expect(record.status == 200)
            #expect(record.agent == "default" && record.mode == .keepalive)
            #expect(record.waited == 0)
            #expect(record.isReused == (number == 1) && !record.isRetried)
            #expect(record.termination == "ok")
            #expect(record.bytesFromClient == UInt64(sent[number].client))
            #expect(record.bytesToUpstream == UInt64(sent[number].upstream))
            #expect(record.bytesFromUpstream == UInt64("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello".utf8.count))
            #expect(record.bytesToClient == UInt64(sent[number].reply))
            let first = try #require(record.firstByte)
            #expect(first >= 5_000_000 && first <= record.total && record.total < 6_000_000)
        }
        #expect(records.all[0].socket != nil && records.all[0].socket == records.all[1].socket)
        #expect(records.all[1].connect == 0)
        #expect(scenario.finish(client) == [])
    }

    @Test("nothing while the log is off, and from the next request on when it is on")
    func off() {
        let scenario = scenario()
        let client = scenario.client()
        for isOn in [false, true, false] {
            records.isOn = isOn
            client.ask()
            scenario.settle()
            // What began while it was on is told.
            records.isOn = false
            scenario.upstream.last.answer()
            scenario.settle()
        }
        #expect(records.all.count == 1)
        #expect(scenario.finish(client) == [])
    }

    @Test("a long target is told up to its bound", arguments: [2_047, 2_048, 2_049, 9_000])
    func long(size: Int) {
        let scenario = scenario()
        let client = scenario.client()
        client.send("GET /\(String(repeating: "x", count: size - 1)) HTTP/1.1\r\nHost: a\r\n\r\n")
        scenario.settle()
        scenario.upstream.last.answer()
        scenario.settle()
        #expect(records.last.target.count == min(size, 2_048))
        #expect(records.last.targetSize == size)
        #expect(scenario.finish(client) == [])
    }

    @Test("how long a request waited for a socket")
    func waited() {
        let scenario = scenario { $0.maxSockets = 1 }
        let clients = [scenario.client(), scenario.client()]
        for client in clients {
            client.ask()
            scenario.settle()
        }
        scenario.pass(.milliseconds(100))
        for _ in clients {
            scenario.upstream.last.answer()
            scenario.settle()
        }
        #expect(records.all.count == 2)
        #expect(records.all[0].waited == 0)
        #expect(records.last.waited >= 100_000_000 && records.last.waited < 101_000_000)
        #expect(records.last.isReused)
        #expect(scenario.finish(clients[0], clients[1]) == [])
    }

    @Test("what waited in vain")
    func waitedInVain() {
        let scenario = scenario {
            $0.maxSockets = 1
            $0.pendingTimeout = .milliseconds(200)
        }
        let clients = [scenario.client(), scenario.client()]
        for client in clients { client.ask() }
        scenario.pass(.milliseconds(300))
        #expect(records.last.status == 503 && records.last.termination == "queue-timeout")
        #expect(records.last.waited >= 200_000_000)
        #expect(records.last.socket == nil && records.last.firstByte == nil)
        #expect(scenario.finish(clients[0], clients[1]) == [])
    }

    @Test(
        "a head that is refused is told by its first line",
        arguments: [
            ("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "/a", 400),
            ("GET /\u{7F} HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "/\u{7F}", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET", "/", 400),
            ("\r\n\r\n\r\n\r\n\r\n\r\n", "", "", 400),
            ("GET / HTTP/3.0\r\nHost: a\r\n\r\n", "GET", "/", 505),
        ] as [(String, String, String, UInt16)])
    func refused(request: String, method: String, target: String, status: UInt16) {
        let scenario = scenario()
        let client = scenario.client()
        client.send(request)
        scenario.settle()
        #expect(records.all.count == 1)
        #expect(records.last.status == status)
        #expect(text(records.last.method) == method)
        #expect(text(records.last.target) == target)
        #expect(records.last.agent == nil && records.last.mode == nil)
        #expect(records.last.bytesFromClient == UInt64(request.utf8.count))
        #expect(records.last.bytesToClient > 0)
        #expect(!records.last.termination.isEmpty && records.last.termination != "ok")
        #expect(scenario.finish(client) == [])
    }

    @Test("what comes too slowly, and a client that leaves within a head")
    func unfinished() {
        let scenario = scenario()
        let clients = [scenario.client(), scenario.client(), scenario.client()]
        clients[0].send("POST /slow HTT")
        clients[1].send("GET /left HT")
        scenario.settle()
        clients[1].close()
        clients[2].close()
        scenario.settle()
        #expect(records.all.count == 1)
        #expect(text(records.last.target) == "/left")
        #expect(records.last.termination == "client-gone" && records.last.status == 0)
        scenario.pass(.seconds(11))
        #expect(text(records.last.target) == "/slow")
        #expect(records.last.termination == "request-timeout" && records.last.status == 408)
        #expect(scenario.finish(clients[0]) == [])
    }

    @Test(
        "an answer that the proxy makes itself",
        arguments: [
            ("GET /none HTTP/1.1\r\nHost: b\r\n\r\n", 404, "no-route"),
            ("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", 501, "connect-not-supported"),
            ("OPTIONS / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n", 200, "ok"),
        ] as [(String, UInt16, String)])
    func own(request: String, status: UInt16, termination: String) {
        let scenario = Scenario(
            configuration: { $0.routes = [Route(host: "a", prefix: "/", agent: "default")] }, accessLog: records)
        let client = scenario.client()
        client.send(request)
        scenario.settle()
        #expect(records.all.map(\.status) == [status])
        #expect(records.last.termination == termination)
        #expect(records.last.socket == nil && records.last.agent == nil)
        #expect(scenario.finish(client) == [])
    }

    @Test("the upstream's faults by their words, before an answer and within it")
    func faults() {
        let scenario = scenario { $0.timeout = .seconds(1) }
        let clients = (0..<4).map { _ in scenario.client() }
        for client in clients {
            client.ask("POST")
            scenario.settle()
        }
        let peers = scenario.upstream.connections
        peers[0].close()
        scenario.settle()
        peers[1].send("nonsense\r\n\r\n")
        scenario.settle()
        peers[2].send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        scenario.settle()
        peers[2].close()
        scenario.settle()
        scenario.pass(.seconds(2))
        #expect(
            records.all.map(\.termination) == [
                "upstream-closed", "upstream-bad-response", "upstream-truncated-response", "upstream-timeout",
            ])
        #expect(records.all.map(\.status) == [502, 502, 200, 504])
        #expect(records.all.map { $0.firstByte != nil } == [false, false, true, false])
        for client in clients { client.close() }
        #expect(scenario.finish() == [])
    }

    @Test("a client that leaves while it waits for its answer")
    func left() {
        let scenario = scenario()
        let client = scenario.client()
        client.ask()
        scenario.settle()
        client.reset()
        scenario.settle()
        #expect(records.all.map(\.termination) == ["client-gone"])
        #expect(records.last.status == 0 && records.last.socket != nil)
        #expect(scenario.finish() == [])
    }

    @Test("one that was sent again has both connects' bytes and the second one's socket")
    func retried() {
        let scenario = scenario()
        let client = scenario.client()
        client.ask()
        scenario.settle()
        scenario.upstream.last.answer()
        scenario.settle()
        scenario.upstream.last.take()
        client.ask()
        scenario.settle()
        let bytes = scenario.upstream.last.take().utf8.count
        scenario.upstream.last.close()
        scenario.settle()
        scenario.upstream.last.answer()
        scenario.settle()
        #expect(records.all.count == 2)
        #expect(records.last.isRetried && !records.last.isReused)
        #expect(records.last.socket != records.all[0].socket)
        #expect(records.last.bytesToUpstream == UInt64(2 * bytes))
        #expect(scenario.finish(client) == [])
    }

    @Test("a tunnel is told of when it ends, with all that went through it")
    func tunnel() {
        let scenario = scenario()
        let (client, upstream) = scenario.tunnel()
        #expect(records.all.isEmpty)
        client.send("12345")
        upstream.send("1234567")
        scenario.pass(.seconds(3))
        client.close()
        upstream.close()
        scenario.pass(.seconds(3))
        #expect(records.all.count == 1)
        #expect(records.last.status == 101 && records.last.termination == "ok")
        #expect(records.last.total >= 3_000_000_000)
        #expect(
            records.last.bytesToUpstream > 5
                && records.last.bytesFromUpstream == UInt64(Scenario.switching.utf8.count + 7))
        #expect(scenario.finish() == [])
    }

    @Test("of requests that come in one go each has its own bytes")
    func pipelined() {
        let scenario = scenario()
        let client = scenario.client()
        let requests = (1...3).map {
            "PUT /\($0) HTTP/1.1\r\nHost: a\r\nContent-Length: \($0)\r\n\r\n" + String(repeating: "x", count: $0)
        }
        client.send(requests.joined())
        for _ in requests {
            scenario.settle()
            scenario.upstream.last.answer()
        }
        scenario.settle()
        #expect(records.all.map { text($0.target) } == ["/1", "/2", "/3"])
        #expect(records.all.map(\.bytesFromClient) == requests.map { UInt64($0.utf8.count) })
        #expect(scenario.finish(client) == [])
    }
}

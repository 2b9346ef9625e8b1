import Control
import Testing

@testable import DataPlane

/// How bodies are framed on their way to clients of both versions.
@Suite struct FramingTests {
    /// One exchange: what the client sends, what the upstream answers, and what the client gets behind its head.
    private func exchange(_ request: String, _ answer: [String], closes: Bool = false) -> (
        scenario: Scenario, client: ManualClient, head: String, body: String
    ) {
        let scenario = Scenario()
        let client = scenario.client()
        client.send(request)
        scenario.settle()
        for piece in answer {
            scenario.upstream.last.send(piece)
            scenario.settle()
        }
        if closes { scenario.upstream.last.close() }
        scenario.settle()
        let bytes = client.bytes
        let mark: [UInt8] = [13, 10, 13, 10]
        let end = bytes.indices.first { bytes[$0...].starts(with: mark) }.map { $0 + 4 } ?? bytes.count
        return (
            scenario, client, String(decoding: bytes[..<end], as: UTF8.self),
            String(decoding: bytes[end...], as: UTF8.self)
        )
    }

    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    private static let old = "GET / HTTP/1.0\r\n\r\n"
    private static let oldKeepAlive = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    private static let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

    // A regression: the end came alone, with no buffer for the last chunk, and stopped the whole process.
    @Test("a body until close goes to HTTP/1.1 in chunks, also when its end comes alone")
    func untilCloseToChunked() {
        let result = exchange(Self.get, ["HTTP/1.1 200 OK\r\n\r\nhello", " world"], closes: true)
        #expect(result.head.contains("Transfer-Encoding: chunked\r\n"))
        #expect(result.body == "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
        #expect(!result.client.isEnded)
        #expect(result.scenario.finish(result.client) == [])
    }

    @Test("an empty body until close goes to HTTP/1.1 as the last chunk alone")
    func emptyUntilClose() {
        let result = exchange(Self.get, ["HTTP/1.1 200 OK\r\n\r\n"], closes: true)
        #expect(result.body == "0\r\n\r\n")
        #expect(!result.client.isEnded)
        #expect(result.scenario.finish(result.client) == [])
    }

    @Test("a body until close that is reset does not look whole")
    func untilCloseReset() {
        for request in [Self.get, Self.old] {
            let result = exchange(request, ["HTTP/1.1 200 OK\r\n\r\nhello"])
            result.scenario.upstream.last.reset()
            result.scenario.settle()
            #expect(!result.client.text.contains("0\r\n\r\n"))
            #expect(result.client.isEnded)
            // Where the end of the connection is the end of the body, only a reset tells.
            #expect(result.client.isReset == (request == Self.old))
            #expect(result.scenario.finish(result.client) == [])
        }
    }

    @Test("chunks go to HTTP/1.1 as they came, less their extensions", arguments: [true, false])
    func chunks(inPieces: Bool) {
        let body = "5;a=b\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"
        let pieces = inPieces ? body.unicodeScalars.map { String($0) } : [body]
        let result = exchange(Self.get, [Self.chunked] + pieces)
        #expect(result.body == "5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n")
        #expect(!result.client.isEnded)
        #expect(result.scenario.counters.free.value == 1)
        #expect(result.scenario.finish(result.client) == [])
    }

    @Test("chunks go to HTTP/1.0 plain, and the connection ends with them", arguments: [old, oldKeepAlive])
    func chunkedToOld(request: String) {
        let result = exchange(request, [Self.chunked, "5\r\nhel", "lo\r\n1\r\n!\r\n", "0\r\nX-Sum: 1\r\n\r\n"])
        #expect(!result.head.contains("Transfer-Encoding"))
        #expect(result.head.contains("Connection: close\r\n"))
        #expect(result.body == "hello!")
        #expect(result.client.isEnded && !result.client.isReset)
        #expect(result.scenario.counters.free.value == 1)
        #expect(result.scenario.finish(result.client) == [])
    }

    @Test("chunks to HTTP/1.0 that are cut end with a reset")
    func chunkedToOldCut() {
        let result = exchange(Self.old, [Self.chunked, "5\r\nhel"], closes: true)
        #expect(result.body == "hel")
        #expect(result.client.isReset)
        #expect(result.scenario.finish(result.client) == [])
    }

    @Test("an HTTP/1.0 client goes on only if it asked to", arguments: [old, oldKeepAlive])
    func oldKeepsAlive(request: String) {
        let result = exchange(request, ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"])
        let isKept = request == Self.oldKeepAlive
        #expect(result.head.contains("Connection: \(isKept ? "keep-alive" : "close")\r\n"))
        #expect(result.body == "ok")
        #expect(result.client.isEnded == !isKept)
        #expect(result.scenario.finish(result.client) == [])
    }

    @Test(
        "answers that have no body end with their head, whatever they say",
        arguments: [
            ("HEAD", "200 OK\r\nContent-Length: 10\r\n"), ("HEAD", "200 OK\r\nTransfer-Encoding: chunked\r\n"),
            ("GET", "204 None\r\n"), ("GET", "304 Same\r\nContent-Length: 10\r\n"), ("GET", "304 Same\r\n"),
        ])
    func bodiless(method: String, answer: String) {
        let result = exchange("\(method) / HTTP/1.1\r\nHost: a\r\n\r\n", ["HTTP/1.1 \(answer)\r\n"])
        #expect(result.head.hasPrefix("HTTP/1.1 \(answer)"))
        #expect(result.body == "")
        #expect(!result.client.isEnded)
        #expect(result.scenario.counters.free.value == 1)
        #expect(result.scenario.finish(result.client) == [])
    }

    @Test("interim answers go to HTTP/1.1 and not to HTTP/1.0", arguments: [get, old])
    func interim(request: String) {
        let early = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        let result = exchange(request, [early + early, early, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"])
        let hints = result.client.text.split(separator: "HTTP/1.1 103 Early Hints", omittingEmptySubsequences: false)
        let count = hints.count - 1
        #expect(count == (request == Self.get ? 3 : 0))
        #expect(result.client.text.contains("HTTP/1.1 200 OK\r\n"))
        #expect(result.client.text.hasSuffix("ok"))
        #expect(result.scenario.finish(result.client) == [])
    }

    @Test("a client that expects 100 gets the upstream's, and its body goes on then")
    func expect() {
        let result = exchange(
            "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
            ["HTTP/1.1 100 Continue\r\n\r\n"])
        #expect(result.client.text.hasPrefix("HTTP/1.1 100 Continue\r\n"))
        #expect(result.scenario.upstream.last.text.contains("Expect: 100-continue\r\n"))
        result.client.take()
        result.client.send("hello")
        result.scenario.settle()
        #expect(result.scenario.upstream.last.text.hasSuffix("\r\n\r\nhello"))
        result.scenario.upstream.last.answer()
        result.scenario.settle()
        #expect(result.client.status == 200)
        #expect(!result.client.text.contains("Connection: close"))
        #expect(result.scenario.finish(result.client) == [])
    }

    @Test("a client that expects 100 and is refused is told that its connection ends")
    func expectRefused() {
        let result = exchange(
            "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
            ["HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n"])
        #expect(result.client.status == 417)
        #expect(result.head.contains("Connection: close\r\n"))
        // The upstream waits for a body that never comes: it gets a moment to close first.
        result.scenario.pass(.milliseconds(10))
        #expect(result.scenario.upstream.last.isEnded)
        #expect(result.scenario.finish(result.client) == [])
    }

    @Test("what an upstream sends behind its answer reaches nobody")
    func overlong() {
        let result = exchange(Self.get, ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n"])
        #expect(result.body == "ok")
        #expect(result.scenario.upstream.last.isEnded)
        #expect(result.scenario.counters.closed[CloseReason.protocolError.rawValue].value == 1)
        #expect(result.scenario.finish(result.client) == [])
    }

    @Test("a reset that a send heard of first is no end of a body until close")
    func resetDuringUpload() {
        let scenario = Scenario()
        let client = scenario.client()
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
        scenario.settle()
        scenario.upstream.last.reads = false
        while client.send([UInt8](repeating: 0x61, count: 50_000)) > 0 { scenario.settle() }
        scenario.upstream.last.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf of it")
        scenario.upstream.last.reset()
        scenario.settle()
        #expect(client.text.contains("half of it"))
        #expect(!client.text.hasSuffix("0\r\n\r\n"))
        #expect(client.isEnded)
        #expect(scenario.finish(client) == [])
    }

    @Test("a reset that a send heard of is no end of a body until close, whatever later sends hear")
    func resetDuringUploadToSlowClient() {
        let scenario = Scenario()
        scenario.world.faults.window = 2_000
        let client = scenario.client()
        scenario.upstream.reads = false
        // As it goes upstream it is larger than the window, so that some of it is sent again and again.
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1900\r\n\r\n" + String(repeating: "a", count: 1_900))
        scenario.settle()
        client.reads = false
        scenario.upstream.last.send(
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + String(repeating: "half", count: 480))
        scenario.upstream.last.reset()
        scenario.settle()
        client.reads = true
        scenario.settle()
        #expect(client.text.contains("half"))
        #expect(!client.text.hasSuffix("0\r\n\r\n"))
        #expect(client.isEnded)
        #expect(scenario.finish(client) == [])
    }
}

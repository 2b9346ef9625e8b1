import Testing
import TestSupport

/// Clients that wait for 100 Continue, and upstreams that never heard of it (RFC 9110, section 10.1.1).
@Suite("100 Continue on its own time-out", .bounded)
struct ContinueTests {
    @Test("an upstream that says nothing does not keep the client waiting; its late 100 is not passed on")
    func silentUpstream() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                while let head = try peer.client.readRequestHead() {
                    let body = try peer.client.read(count: head.value("content-length").flatMap { Int($0) } ?? 0)
                    try peer.send("HTTP/1.1 100 Continue\r\n\r\n")
                    try peer.answer(body: body)
                }
            }
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "", client: "continueTimeout: 50ms, bodyTimeout: 20s")
            let client = try sluice.connect()
            for _ in 0..<2 {
                try client.send("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
                #expect(try client.readResponse().status == 100)
                try client.send("hello")
                let response = try client.readResponse()
                #expect(response.status == 200 && response.text == "hello")
            }
        }
    }

    @Test("a client that was told to continue and does not is answered 408")
    func silentClient() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                _ = try peer.client.readRequestHead()
                try peer.send("HTTP/1.1 100 Continue\r\n\r\n")
                try peer.waitForEnd()
            }
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "timeout: 20s", client: "bodyTimeout: 100ms")
            let client = try sluice.connect()
            try client.send("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
            #expect(try client.readResponse().status == 100)
            #expect(try client.readResponse().status == 408)
        }
    }
}

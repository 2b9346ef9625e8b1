import Foundation
import Testing
import TestSupport

/// Requests that meet a socket which the upstream is about to close, or has closed.
@Suite("Stale sockets", .bounded)
struct StaleSocketTests {
    /// What the upstream does on its first connection once the first request there was answered.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let script: ScriptedUpstream.Script
        var method = "GET"
        var fields = ""
        var body = ""
        let status: Int
        /// How many connections the upstream has seen in the end.
        let connections: Int
        /// An interim response that comes before.
        var interim: Int?
    }

    /// Reads all of the next head, so that it is certain that the request was on its way.
    private static func reading(_ then: @escaping ScriptedUpstream.Script) -> ScriptedUpstream.Script {
        { peer in
            _ = try peer.client.readRequestHead()
            try then(peer)
        }
    }

    private static let farewell = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 4\r\n\r\nlate"

    static let cases: [Case] =
        ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"].flatMap { method in
            [
                Case(
                    testDescription: "\(method), closed", script: reading { _ in }, method: method, status: 200,
                    connections: 2),
                Case(
                    testDescription: "\(method), reset", script: reading { $0.reset() }, method: method, status: 200,
                    connections: 2),
                Case(
                    testDescription: "\(method), 408 and close", script: reading { try $0.send(farewell) },
                    method: method,
                    status: 200, connections: 2),
            ]
        }
        + ["POST", "PATCH", "LINK"].flatMap { method in
            [
                Case(
                    testDescription: "\(method), closed", script: reading { _ in }, method: method, status: 502,
                    connections: 1),
                Case(
                    testDescription: "\(method), reset", script: reading { $0.reset() }, method: method, status: 502,
                    connections: 1),
                Case(
                    testDescription: "\(method), 408 and close", script: reading { try $0.send(farewell) },
                    method: method,
                    status: 502, connections: 1),
            ]
        } + [
            Case(
                testDescription: "reset within the response's head",
                script: reading {
                    try $0.send("HTTP/1.1 200 O")
                    $0.reset()
                }, status: 502, connections: 1),
            Case(
                testDescription: "closed within the response's head", script: reading { try $0.send("H") }, status: 502,
                connections: 1),
            Case(
                testDescription: "closed after an interim response",
                script: reading { try $0.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n") }, status: 502,
                connections: 1,
                interim: 103),
            Case(
                testDescription: "408 after an interim response is an answer",
                script: reading { try $0.send("HTTP/1.1 103 Early Hints\r\n\r\n" + farewell) }, status: 408,
                connections: 1,
                interim: 103),
            Case(
                testDescription: "408 that keeps the connection is an answer",
                script: reading { try $0.send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n") },
                status: 408,
                connections: 1),
            Case(
                testDescription: "408 of HTTP/1.0", script: reading { try $0.send("HTTP/1.0 408 Timeout\r\n\r\n") },
                status: 200, connections: 2),
            Case(
                testDescription: "a small body",
                script: reading {
                    _ = try $0.client.read(count: 20_000)
                    $0.reset()
                }, method: "PUT",
                body: String(repeating: "b", count: 20_000), status: 200, connections: 2),
            Case(
                testDescription: "a body larger than what is kept",
                script: reading {
                    _ = try $0.client.read(count: 60_000)
                    $0.reset()
                }, method: "PUT",
                body: String(repeating: "b", count: 100_000), status: 502, connections: 1),
        ]

    @Test("sent again once where that is safe, else 502", arguments: cases, [true, false])
    func stale(test: Case, bodyComesAlong: Bool) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                if peer.index > 0 { return try ScriptedUpstream.mirror(peer) }
                _ = try peer.readRequest()
                try peer.answer(text: "first")
                try test.script(peer)
            }
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "freeSocketTimeout: 60s, timeout: 30s", more: "threads: 1")
            let client = try sluice.connect()
            try client.send("GET /first HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.readResponse().text == "first")
            let length = test.body.isEmpty ? "" : "Content-Length: \(test.body.utf8.count)\r\n"
            let head = "\(test.method) /next HTTP/1.1\r\nHost: a\r\n\(test.fields)\(length)\r\n"
            if bodyComesAlong {
                try? client.sendWhileReceiving(Array((head + test.body).utf8))
            } else {
                try client.send(head)
                // The head is at the upstream, or was refused, before the body leaves.
                _ = upstream.record.wait(.milliseconds(20)) { $0.accepted == 2 }
                try? client.sendWhileReceiving(Array(test.body.utf8))
            }
            if let interim = test.interim { #expect(try client.readResponse().status == interim) }
            let response = try client.readResponse(isHead: test.method == "HEAD")
            #expect(response.status == test.status)
            if test.status == 200, test.method != "HEAD" {
                #expect(response.text.hasPrefix("\(test.method) /next ") && response.text.hasSuffix(test.body))
            }
            if test.status == 502 { try expectProblem(response, 502) }
            #expect(upstream.record.current.accepted == test.connections)
            client.close()
            try sluice.expectQuiet()
            #expect(try sluice.agent().status.totals.retries.int == test.connections - 1)
        }
    }

    @Test(
        "a socket that closed while free is not used, whatever was said on it and whether it was heard or not",
        arguments: ["", farewell, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"], ["GET", "POST"])
    func closedWhileFree(lastWords: String, method: String) async throws {
        try await onThread {
            let isClosed = Watched(0)
            let upstream = try ScriptedUpstream { peer in
                let request = try peer.readRequest()
                try peer.answer(text: request?.target ?? "")
                try peer.waitForRelease()
                try peer.send(lastWords)
                // On loopback it is at the other end when this returns.
                peer.client.shutdownWrite()
                isClosed.update { $0 += 1 }
                try peer.waitForEnd()
            }
            let sluice = try SluiceProcess.forwarding(to: upstream, settings: "freeSocketTimeout: 60s")
            let client = try sluice.connect()
            for round in 1...150 {
                try client.send("\(method) /\(round) HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
                let response = try client.readResponse()
                #expect(response.status == 200 && response.text == "/\(round)", "\(response.statusLine)")
                upstream.release()
                #expect(isClosed.wait { $0 == round })
            }
            #expect(upstream.requests.count == 150)
        }
    }

    @Test("Expect: 100-continue on a stale socket: the head is sent again, then the body goes")
    func expecting() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                _ = try peer.readRequest(onExpect: { try peer.send("HTTP/1.1 100 Continue\r\n\r\n") })
                try peer.answer(text: "ok")
                _ = try peer.client.readRequestHead()
            }
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "freeSocketTimeout: 60s", client: "continueTimeout: 30s")
            let client = try sluice.connect()
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.readResponse().status == 200)
            try client.send("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
            #expect(try client.readResponse().status == 100)
            try client.send("hello")
            #expect(try client.readResponse().status == 200)
            #expect(upstream.requests.map(\.text) == ["", "hello"])
        }
    }

    /// What happens between the request and the end of its stale socket.
    enum Meanwhile: CaseIterable { case halfClose, modeSwitch, fullQueue, smallerPool }

    @Test("sent again although, meanwhile, …", arguments: Meanwhile.allCases)
    func meanwhile(what: Meanwhile) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                if peer.index > 0 { return try ScriptedUpstream.mirror(peer) }
                _ = try peer.readRequest()
                try peer.answer(text: "first")
                _ = try peer.readRequest()
                try peer.waitForRelease()
            }
            let sluice = try SluiceProcess.forwarding(
                to: upstream,
                settings: "freeSocketTimeout: 60s, maxSockets: 1, maxPending: 1, pendingTimeout: 60s, timeout: 60s")
            #expect(try sluice.get("/first").text == "first")
            let client = try sluice.connect()
            try client.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(upstream.record.wait { $0.waiting == 1 })
            let waiting = try sluice.connect()
            switch what {
            case .halfClose: client.shutdownWrite()
            case .modeSwitch: #expect(try sluice.patch("default", "{\"mode\":\"normal\"}").status == 200)
            case .fullQueue:
                try waiting.send("GET /waiting HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try sluice.status { $0.pending.int == 1 }.pending.int == 1)
                try expectProblem(sluice.get("/refused"), 503)
            case .smallerPool:
                #expect(try sluice.patch("default", "{\"maxFreeSockets\":0}").status == 200)
            }
            upstream.release()
            #expect(try client.readResponse().text.hasPrefix("GET /next "))
            if what == .fullQueue { #expect(try waiting.readResponse().text.hasPrefix("GET /waiting ")) }
            #expect(upstream.record.current.mostOpen == 1)
            client.close()
            waiting.close()
            try sluice.expectQuiet()
        }
    }
}

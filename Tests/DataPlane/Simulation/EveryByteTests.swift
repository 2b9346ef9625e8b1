import Control
import Testing

@testable import DataPlane

/// What a run of chance meets now and then, here at each byte: a message that ends before its end.
@Suite struct EveryByteTests {
    /// An answer whose end shows, as the upstream sends it.
    struct Answer: CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]

        init(_ name: String, _ text: String) {
            testDescription = name
            bytes = Array(text.utf8)
        }
    }

    static let answers = [
        Answer("of a length", "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nHello, world"),
        Answer(
            "in chunks",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nHello\r\n2\r\n!!\r\n0\r\nX-Sum: 1\r\n\r\n"
        ),
        Answer("of HTTP/1.0", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nHello"),
        Answer(
            "behind another", "HTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 201 Yes\r\nContent-Length: 1\r\n\r\n1"),
        Answer("without a body", "HTTP/1.1 204 None\r\nX-Some: field\r\n\r\n"),
    ]

    @Test("an answer that is cut anywhere is an error, or cut for the client too", arguments: answers, [false, true])
    func cutAnswers(answer: Answer, reset: Bool) {
        for count in 0..<answer.bytes.count {
            let scenario = Scenario()
            let client = scenario.client()
            client.ask()
            scenario.settle()
            scenario.upstream.last.send(Array(answer.bytes[..<count]))
            if reset { scenario.upstream.last.reset() } else { scenario.upstream.last.close() }
            scenario.settle()
            let said = Self.readAnswers(client)
            if let said, said.isComplete {
                #expect(said.second == "502", "after \(count) bytes")
            } else {
                #expect(client.isEnded, "after \(count) bytes")
            }
            #expect(scenario.finish(client) == [], "after \(count) bytes")
        }
    }

    @Test("an old client can tell a cut answer by a reset", arguments: answers)
    func cutForOldClients(answer: Answer) {
        for count in 0..<answer.bytes.count {
            let scenario = Scenario()
            let client = scenario.client()
            client.send("GET / HTTP/1.0\r\n\r\n")
            scenario.settle()
            scenario.upstream.last.send(Array(answer.bytes[..<count]))
            scenario.upstream.last.close()
            scenario.settle()
            if let said = Self.readAnswers(client), said.second != "502" {
                #expect(client.isReset || !said.isComplete && said.framing != .untilClose, "after \(count) bytes")
            }
            #expect(scenario.finish(client) == [], "after \(count) bytes")
        }
    }

    /// How a client stops.
    enum Stop: CaseIterable { case closes, resets, halfCloses, waits }

    static let requests = [
        "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\nHello, world",
        "PUT / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nHello\r\n1;x\r\n!\r\n0\r\nX: 1\r\n\r\n",
        "GET /c HTTP/1.1\r\nHost: c\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    ]

    @Test("a request that stops anywhere is never whole for the upstream", arguments: requests, Stop.allCases)
    func cutRequests(request: String, stop: Stop) {
        let bytes = Array(request.utf8)
        for count in 0..<bytes.count {
            let scenario = Scenario()
            let client = scenario.client()
            client.send(Array(bytes[..<count]))
            scenario.settle()
            switch stop {
            case .closes: client.close()
            case .resets: client.reset()
            case .halfCloses: client.shutdownWrite()
            case .waits: break
            }
            scenario.pass(.seconds(120))
            for connection in scenario.upstream.connections {
                var parser = MessageParser(isRequest: true)
                parser.feed(connection.bytes)
                if parser.readHead() { _ = parser.readBody() }
                #expect(parser.fault == nil && parser.message?.isComplete != true, "after \(count) bytes")
                #expect(connection.isEnded, "after \(count) bytes")
            }
            if stop == .waits, count > 0 { #expect(client.status == 408 && client.isEnded, "after \(count) bytes") }
            #expect(scenario.finish(client) == [], "after \(count) bytes")
        }
    }

    // The first final answer that came, as far as it came; nil when there was no head.
    private static func readAnswers(_ client: ManualClient) -> MessageParser.Message? {
        var parser = MessageParser(isRequest: false)
        parser.feed(client.bytes)
        while parser.readHead(), parser.message?.second.hasPrefix("1") == true { _ = parser.next() }
        _ = parser.readBody()
        return parser.message
    }
}

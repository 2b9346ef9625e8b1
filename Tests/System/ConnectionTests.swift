import Testing
import TestSupport

/// How long a client's connection lives, and in which order it is answered (RFC 9112, section 9).
@Suite("Client connections", .bounded)
struct ConnectionTests {
    @Test("one connection serves many requests, over one upstream socket")
    func keepAlive() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let client = try sluice.connect()
            for number in 0..<200 {
                try client.send("GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try client.readResponse().text.hasPrefix("GET /\(number) "))
            }
            #expect(upstream.record.current.accepted == 1)
        }
    }

    @Test("pipelined requests are answered in order, bodies among them", arguments: [2, 10, 100])
    func pipelining(count: Int) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let client = try sluice.connect()
            var bytes = ""
            for number in 0..<count {
                switch number % 3 {
                case 0: bytes += "GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n"
                case 1: bytes += "POST /\(number) HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
                default:
                    bytes +=
                        "PUT /\(number) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
                }
            }
            try client.send(bytes)
            for number in 0..<count {
                let response = try client.readResponse()
                #expect(response.text.contains(" /\(number) HTTP/1.1"), "\(number)")
                #expect(response.text.hasSuffix(number % 3 == 0 ? "\r\n\r\n" : "abc"), "\(number)")
            }
        }
    }

    @Test("pipelined requests and an end of sending are all answered before the connection ends")
    func halfClosed() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let client = try sluice.connect()
            try client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            client.shutdownWrite()
            #expect(try client.readResponse().text.hasPrefix("GET /1 "))
            #expect(try client.readResponse().text.hasPrefix("GET /2 "))
            #expect(client.endsCleanly(within: .seconds(5)))
        }
    }

    struct Ending: Sendable, CustomTestStringConvertible {
        let version: String
        let fields: String
        let goesOn: Bool
        var testDescription: String { "\(version) \(fields)" }
    }

    static let endingCases = [
        Ending(version: "1.1", fields: "", goesOn: true),
        Ending(version: "1.1", fields: "Connection: keep-alive\r\n", goesOn: true),
        Ending(version: "1.1", fields: "Connection: close\r\n", goesOn: false),
        Ending(version: "1.1", fields: "Connection: x, CLOSE\r\n", goesOn: false),
        Ending(version: "1.1", fields: "Connection: keep-alive\r\nConnection: close\r\n", goesOn: false),
        Ending(version: "1.0", fields: "", goesOn: false),
        Ending(version: "1.0", fields: "Connection: keep-alive\r\n", goesOn: true),
        Ending(version: "1.0", fields: "Connection: Keep-Alive, close\r\n", goesOn: false),
        Ending(version: "1.2", fields: "", goesOn: true),
    ]

    @Test("who ends the connection, by version and Connection field (RFC 9112, section 9.3)", arguments: endingCases)
    func endings(test: Ending) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream(
                ScriptedUpstream.always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
            // Each thread has free sockets of its own.
            let sluice = try SluiceProcess.forwarding(to: upstream, ["--threads", "1"])
            let client = try sluice.connect()
            try client.send("GET / HTTP/\(test.version)\r\nHost: a\r\n\(test.fields)\r\n")
            let response = try client.readResponse()
            #expect(response.status == 200)
            #expect(response.statusLine.hasPrefix("HTTP/1.1 "))
            let connection = response.values("connection").joined(separator: ",").lowercased()
            if test.goesOn {
                #expect(connection == (test.version == "1.0" ? "keep-alive" : ""))
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try client.readResponse().status == 200)
            } else {
                #expect(test.version == "1.0" || connection == "close")
                #expect(client.endsCleanly(within: .seconds(5)))
            }
            // The upstream's socket is kept whatever the client does.
            #expect(try sluice.get("/").status == 200)
            #expect(upstream.record.current.accepted == 1)
        }
    }

    @Test("an HTTP/1.0 request needs no Host")
    func noHost() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream)
            #expect(try sluice.exchange("GET /x HTTP/1.0\r\n\r\n").status == 200)
            // What goes upstream is HTTP/1.1 and has one (RFC 9112, section 3.2).
            #expect(upstream.requests.first?.values("host").count == 1)
        }
    }

    @Test("empty lines before a request line are passed over (RFC 9112, section 2.2)")
    func emptyLines() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream)
            let client = try sluice.connect()
            try client.send(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try client.readResponse().status == 200)
            #expect(try client.readResponse().text.hasPrefix("GET /2 "))
        }
    }

    @Test("many clients share few sockets", arguments: ["keepalive", "normal"])
    func manyClients(mode: String) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(to: upstream, settings: "mode: \(mode), maxSockets: 3")
            let result = Load.run(port: sluice.port, clients: 20, requests: 25) { "/\($0)-\($1)" }
            #expect(result.failures.isEmpty)
            #expect(result.answered == 500)
            #expect(upstream.record.current.mostOpen <= 3)
        }
    }
}

import Testing
import TestSupport

/// Thousands of connections that send nothing, or too little: each ends in its time, and nobody else notices.
@Suite("Silent crowds", .bounded, .serialized)
struct SilentCrowdTests {
    private static let size = 2000
    /// More memory than a connection may cost: the system's page for its first bytes, a task, a few objects.
    private static let bytesPerConnection = 24 << 10

    /// What each of the crowd sends.
    static let beginnings: [(name: String, bytes: String)] = [
        ("nothing", ""), ("half a head", "GET / HTTP/1.1\r\nHost: a\r\nX-Half: "),
        ("half a body", "PUT /half HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello"),
    ]

    @Test(
        "2,000 that send so much and no more: bounded memory, others served, ended", arguments: beginnings.map(\.name))
    func silent(name: String) async throws {
        let bytes = try #require(Self.beginnings.first { $0.name == name }).bytes
        try await onThread {
            let attacked = try Attacked(
                try ScriptedUpstream(), settings: "maxSockets: 2, pendingTimeout: 1s",
                client: "idleTimeout: 4s, headTimeout: 4s, bodyTimeout: 4s")
            let (sluice, bystander) = (attacked.sluice, attacked.bystander)
            let before = try sluice.residentBytes()
            let crowd = try (0..<Self.size).map { _ in
                let socket = try PlainSocket(port: sluice.port)
                #expect(socket.send(bytes) == bytes.utf8.count)
                return socket
            }
            #expect(bystander.isServed(100))
            let grown = try sluice.residentBytes() - before
            #expect(grown < Self.size * Self.bytesPerConnection, "\(grown / Self.size) bytes a connection")
            // All of them at once end in their time, and each is told why.
            var ends: [String: Int] = [:]
            for socket in crowd {
                let text = socket.receiveToEnd(within: .seconds(30)).map {
                    String(decoding: $0.prefix(12), as: UTF8.self)
                }
                ends[text ?? "open", default: 0] += 1
            }
            switch name {
            case "nothing": #expect(ends == ["": Self.size])
            case "half a body":
                // As many as there are sockets wait for the rest of their bodies, the others for a socket.
                #expect(ends.keys.allSatisfy { ["HTTP/1.1 408", "HTTP/1.1 503"].contains($0) }, "\(ends)")
            default: #expect(ends == ["HTTP/1.1 408": Self.size])
            }
            try attacked.expectUnharmed()
        }
    }
}

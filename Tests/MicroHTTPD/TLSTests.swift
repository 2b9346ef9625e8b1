import MicroHTTPD
import TestSupport
import Testing

/// TLS: what clients see, who they may be, and what cannot be loaded.
@Suite(.timeLimit(.minutes(2))) struct TLSTests {
    private static func identity(_ made: Certificates, clientCA: String? = nil) throws -> TLSIdentity {
        try TLSIdentity(
            certificate: made.bytes("server.pem"), key: made.bytes("server.key"),
            clientCA: clientCA.map { try made.bytes($0) })
    }

    @Sendable private static func who(_ request: Request) async -> Response {
        .text("\(request.isClientVerified) \(request.localHost ?? "none") \(request.body.count)")
    }

    private func daemon(_ identity: TLSIdentity, _ body: @Sendable (Daemon) async throws -> Void) async throws {
        try await withDaemon(Daemon.Settings(address: .loopback(), tls: identity), handler: Self.who, body)
    }

    @Test("TLS 1.2 and 1.3 are spoken, older ones and plain HTTP are not")
    func versions() async throws {
        let made = try await onThread { try Certificates() }
        try await daemon(Self.identity(made)) { daemon in
            try await onThread { [port = daemon.port] in
                let url = "https://localhost:\(port)/"
                for version in ["1.2", "1.3"] {
                    let reply = try made.curl(["--tlsv\(version)", "--tls-max", version, url])
                    #expect(reply.status == 200 && reply.body == "false 127.0.0.1 0")
                }
                #expect(
                    try made.curl(["--tlsv1.0", "--tls-max", "1.1", "--ciphers", "ALL:@SECLEVEL=0", url]).status == 0)
                #expect(try made.curl([url], trusting: "other.pem").status == 0, "another server's certificate")
                let plain = try RawClient(port: port)
                try plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                // An alert, and then the end: nothing of HTTP.
                #expect(try plain.readToEnd().count < 16)
                let body = String(repeating: "b", count: 100_000)
                #expect(try made.curl(["--data", body, url]).body == "false 127.0.0.1 100000")
            }
        }
    }

    static let clients: [(name: String?, isVerified: Bool)] = [
        (nil, false), ("client", true), ("stranger", false), ("misused", false),
    ]

    @Test("a client is verified by a certificate that an authority signed for clients", arguments: ["1.2", "1.3"])
    func clientCertificates(version: String) async throws {
        let made = try await onThread { try Certificates() }
        try await daemon(Self.identity(made, clientCA: "ca.pem")) { daemon in
            try await onThread { [port = daemon.port] in
                for (name, isVerified) in Self.clients {
                    let own = name.map { ["--cert", made.path("\($0).pem"), "--key", made.path("\($0).key")] } ?? []
                    let reply = try made.curl(["--tls-max", version] + own + ["https://localhost:\(port)/"])
                    #expect(reply.body.hasPrefix("\(isVerified) "), "\(name ?? "none"): \(reply)")
                }
            }
        }
    }

    @Test("without authorities no certificate counts")
    func noAuthority() async throws {
        let made = try await onThread { try Certificates() }
        try await daemon(Self.identity(made)) { daemon in
            try await onThread { [port = daemon.port] in
                let own = ["--cert", made.path("client.pem"), "--key", made.path("client.key")]
                let reply = try made.curl(own + ["https://localhost:\(port)/"])
                #expect(reply.body.hasPrefix("false "))
            }
        }
    }

    @Test("another certificate and other authorities hold for new connections")
    func replaced() async throws {
        let made = try await onThread { try Certificates() }
        try await daemon(Self.identity(made, clientCA: "stranger.pem")) { daemon in
            try daemon.use(
                TLSIdentity(
                    certificate: made.bytes("other.pem"), key: made.bytes("other.key"), clientCA: made.bytes("ca.pem")))
            try await onThread { [port = daemon.port] in
                let own = ["--cert", made.path("client.pem"), "--key", made.path("client.key")]
                let url = "https://localhost:\(port)/"
                let reply = try made.curl(own + [url], trusting: "other.pem")
                #expect(reply.body.hasPrefix("true "))
                let before = try made.curl([url])
                #expect(before.status == 0, "the certificate of before")
            }
        }
    }

    @Test("what cannot be used is named", arguments: [TLSIdentity.Part.certificate, .key, .clientCA])
    func faults(part: TLSIdentity.Part) async throws {
        let made = try await onThread { try Certificates() }
        let good = try (certificate: made.bytes("server.pem"), key: made.bytes("server.key"), ca: made.bytes("ca.pem"))
        var wrong = [[], Array("junk".utf8), Array("\0".utf8), good.key]
        if part == .key { wrong = [[], Array("junk".utf8), good.certificate, try made.bytes("client.key")] }
        for bytes in wrong {
            let fault = #expect(throws: TLSIdentity.Fault.self) {
                try TLSIdentity(
                    certificate: part == .certificate ? bytes : good.certificate, key: part == .key ? bytes : good.key,
                    clientCA: part == .clientCA ? bytes : good.ca)
            }
            #expect(fault?.part == part && fault?.reason.isEmpty == false, "\(bytes.prefix(30))")
        }
    }

    @Test("clients that break off or stall in the handshake leave nothing behind, and hold up nobody")
    func handshakes() async throws {
        let made = try await onThread { try Certificates() }
        // Far more than there are places, and than may be on their way out: one that was not let go would be missed.
        let settings = Daemon.Settings(address: .loopback(), connectionsMax: 20, tls: try Self.identity(made))
        try await withDaemon(settings, handler: Self.who) { daemon in
            try await onThread { [port = daemon.port] in
                let url = "https://localhost:\(port)/"
                // The beginning of a TLS record that promises more than comes.
                let hello: [UInt8] = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3]
                var stalled: [RawClient] = []
                for number in 0..<200 {
                    let client = try RawClient(port: port)
                    do { try client.send(Array(hello.prefix(number % 12))) } catch RawClient.Failure.system {}
                    if number % 2 == 0 { stalled.append(client) } else { client.resetOnClose() }
                    if number % 50 == 49 { #expect(try made.curl([url]).status == 200, "after \(number)") }
                }
                stalled = []
                let last = try made.curl([url])
                #expect(last.status == 200)
            }
        }
    }
}

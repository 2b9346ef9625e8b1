import Glibc
import MicroHTTPD
import Testing
import TestSupport

/// Addresses: what can be listened on, and what the error says when it cannot.
@Suite(.timeLimit(.minutes(1))) struct ListeningTests {
    /// A directory for one test's sockets, removed with all that is in it.
    private static func withDirectory(_ body: (String) async throws -> Void) async throws {
        var template = Array("/tmp/microhttpd-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { $0.baseAddress.flatMap(mkdtemp) != nil }
        try #require(made)
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer {
            unlink(directory + "/s")
            rmdir(directory)
        }
        try await body(directory)
    }

    @Test("an address in use is named")
    func inUse() async throws {
        try await withDaemon { daemon in
            let address = Address.loopback(port: daemon.port)
            #expect(throws: DaemonError.addressInUse("127.0.0.1:\(daemon.port)")) {
                try Daemon(Daemon.Settings(address: address), handler: echo)
            }
            #expect("\(DaemonError.addressInUse(address.description))".contains(":\(daemon.port) is in use"))
        }
    }

    @Test("a port can be taken again as soon as its daemon has stopped")
    func again() async throws {
        let first = try Daemon(Daemon.Settings(address: .loopback()), handler: echo)
        try await first.client { client in
            try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try client.readResponse()
        }
        await first.stop()
        try await withDaemon(Daemon.Settings(address: .loopback(port: first.port))) { second in
            #expect(second.address == first.address)
        }
    }

    static let impossibleAddresses: [(address: Address, word: String)] = [
        (.ip(host: "192.0.2.1", port: 0), "192.0.2.1:0"),
        (.ip(host: "no such name", port: 0), "no such name:0"),
        (.unix(path: "/nowhere/s", mode: 0o600), "unix:/nowhere/s"),
        (.unix(path: "", mode: 0o600), "empty"),
        (.unix(path: "/tmp/" + String(repeating: "x", count: 120), mode: 0o600), "107"),
    ]

    @Test("an address that cannot be listened on is named", arguments: impossibleAddresses)
    func impossible(address: Address, word: String) {
        let error = #expect(throws: DaemonError.self) { try Daemon(Daemon.Settings(address: address), handler: echo) }
        #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
    }

    @Test("IPv6, where there is any, and names", arguments: ["::1", "localhost"])
    func names(host: String) async throws {
        do {
            try await withDaemon(Daemon.Settings(address: .ip(host: host, port: 0))) { daemon in
                #expect(daemon.port != 0)
            }
        } catch DaemonError.cannotListen {}
    }

    @Test(
        "a Unix socket serves, with the mode asked for, and goes with its daemon",
        arguments: [0o600, 0o666] as [UInt32])
    func unix(mode: UInt32) async throws {
        try await Self.withDirectory { directory in
            let path = directory + "/s"
            let settings = Daemon.Settings(address: .unix(path: path, mode: mode))
            try await withDaemon(settings, handler: { .text($0.client) }) { daemon in
                #expect(daemon.address.description == "unix:\(path)")
                var status = stat()
                #expect(stat(path, &status) == 0)
                #expect(status.st_mode & 0o777 == mode)
                let text = try await onThread {
                    let client = try RawClient(path: path)
                    try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                    return try client.readResponse().text
                }
                #expect(text == "unix")
                #expect(throws: DaemonError.addressInUse("unix:\(path)")) {
                    try Daemon(settings, handler: echo)
                }
            }
            #expect(access(path, F_OK) != 0)
        }
    }

    @Test("a socket file that a dead process left is replaced")
    func stale() async throws {
        try await Self.withDirectory { directory in
            let path = directory + "/s"
            // A socket that was bound and closed, as after a crash.
            let dead = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            let bound = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(dead, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            close(dead)
            #expect(bound == 0)
            #expect(access(path, F_OK) == 0)
            try await withDaemon(Daemon.Settings(address: .unix(path: path, mode: 0o600))) { _ in
                let text = try await onThread {
                    let client = try RawClient(path: path)
                    try client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
                    return try client.readResponse().text
                }
                #expect(text.hasPrefix("GET /x\n"))
            }
        }
    }

    @Test("a file that is no socket is left alone")
    func notASocket() async throws {
        try await Self.withDirectory { directory in
            let path = directory + "/s"
            close(creat(path, 0o600))
            #expect(throws: DaemonError.notASocket(path: path)) {
                try Daemon(Daemon.Settings(address: .unix(path: path, mode: 0o600)), handler: echo)
            }
            #expect(access(path, F_OK) == 0)
        }
    }
}

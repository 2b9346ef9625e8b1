import Foundation

/// Certificates that openssl makes for one test, in a folder of their own that goes with this object.
///
/// `ca.pem` signs `client.pem`; `server.pem` is for `localhost` and 127.0.0.1, and `other.pem` too; `stranger.pem` says
/// that it is a client, and nobody signed it. Keys end in `.key`.
public final class Certificates: Sendable {
    private let folder: URL

    /// Makes them.
    public init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "sluice-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
        try make("ca", "-x509", "-out", path("ca.pem"))
        for server in ["server", "other"] {
            try make(server, "-x509", "-addext", names, "-out", path("\(server).pem"))
        }
        try make("stranger", "-x509", "-addext", "extendedKeyUsage=clientAuth", "-out", path("stranger.pem"))
        // One that is for servers is none for clients, whoever signed it.
        for (name, use) in [("client", "clientAuth"), ("misused", "serverAuth")] {
            try make(name, "-out", path("\(name).csr"))
            try Data("extendedKeyUsage=\(use)\n".utf8).write(to: folder.appending(path: "\(name).ext"))
            try run([
                "x509", "-req", "-in", path("\(name).csr"), "-CA", path("ca.pem"), "-CAkey", path("ca.key"),
                "-days", "2", "-extfile", path("\(name).ext"), "-out", path("\(name).pem"),
            ])
        }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// The path of one of the files.
    public func path(_ name: String) -> String { folder.appending(path: name).path }

    /// What is in one of the files.
    public func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.appending(path: name))) }

    /// Runs curl with a trust in `server.pem` alone; returns the status code (0: no answer) and the body.
    public func curl(_ arguments: [String], trusting: String = "server.pem") throws -> (status: Int, body: String) {
        let record = try ChildProcess.run(
            "/usr/bin/curl",
            ["--silent", "--max-time", "20", "--cacert", path(trusting), "--write-out", "\n%{http_code}"] + arguments)
        let lines = record.outputText.split(separator: "\n", omittingEmptySubsequences: false)
        return (lines.last.flatMap { Int($0) } ?? 0, lines.dropLast().joined(separator: "\n"))
    }

    private func make(_ name: String, _ rest: String...) throws {
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path("\(name).key")]
        try run(["req", "-subj", "/CN=\(name)", "-days", "2"] + key + rest)
    }

    private func run(_ arguments: [String]) throws {
        let record = try ChildProcess.run("/usr/bin/openssl", arguments)
        guard record.ending == .exit(0) else {
            throw ChildProcess.Failure.stillRunning("openssl \(arguments): \(record.errorText)")
        }
    }
}

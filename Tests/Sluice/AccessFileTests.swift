import Admin
import Control
import Foundation
import MicroHTTPD
import TestSupport
import Testing

@testable import sluice

@Suite("Files that the admin server's access rests on")
struct AccessFileTests {
    /// Writes `files` and `admin: {…}` into a folder and loads that.
    private func load(
        _ admin: String, _ files: [String: String] = [:], environment: [String: String] = [:], mode: Int = 0o600
    ) throws -> Result<EffectiveConfiguration, Problems> {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sluice-access-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in files {
            let path = folder.appending(path: name)
            try Data(text.utf8).write(to: path)
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path.path)
        }
        let file = folder.appending(path: "sluice.yaml")
        try Data(withAgent("admin: {\(admin.replacing("@", with: folder.path))}").utf8).write(to: file)
        let source = ConfigurationSource(flags: ["--config": [file.path]], environment: environment)
        return source.read(source.text())
    }

    private func lines(_ result: Result<EffectiveConfiguration, Problems>) -> [String] {
        guard case .failure(let problems) = result else { return [] }
        return problems.lines.map { line in
            // Without the folder, whose name is another one each time.
            line.replacing(/\/[^ :]*sluice-access-[^\/]*\//, with: "")
        }
    }

    private static let secret = "0123456789abcdef"

    @Test(
        "the first line is the token, without what stands around it",
        arguments: [secret, secret + "\n", "  \(secret)\t\r\nmore\n", secret + "\n\n"])
    func firstLine(text: String) throws {
        let effective = try load("listen: ':0', readTokenFile: @/t", ["t": text]).get()
        #expect(effective.access.readToken == (try Token(Self.secret)))
        #expect(effective.access.changeToken == nil)
        #expect(effective.notes.isEmpty)
    }

    @Test(
        "a file without a token is told at its key",
        arguments: [
            ("", "t: the first line is empty; it must be the token"),
            ("\n\(secret)", "t: the first line is empty; it must be the token"),
            ("short\n", "t: a token has 16 to 512 characters, not 5"),
            ("two words of a token", "t: a token is made of visible ASCII characters without spaces"),
        ])
    func noToken(text: String, says message: String) throws {
        let result = try load("changeTokenFile: @/t", ["t": text])
        #expect(lines(result).map { $0.replacing(/^.*?admin/, with: "admin") } == ["admin.changeTokenFile: \(message)"])
        #expect(lines(result)[0].hasPrefix("sluice.yaml:1:26: "))
    }

    @Test("a file that is not there, and two tokens that are one")
    func files() throws {
        #expect(
            lines(try load("readTokenFile: @/none")) == [
                "sluice.yaml:1:24: admin.readTokenFile: none: cannot be read: No such file or directory"
            ])
        let same = lines(
            try load("readTokenFile: @/a, changeTokenFile: @/b", ["a": Self.secret, "b": Self.secret + "\n"]))
        #expect(same.count == 1 && same[0].contains("admin.changeTokenFile: the token is that for reading too"))
    }

    @Test("the environment overrides the file")
    func environment() throws {
        let other = "another-token-from-outside"
        let effective = try load(
            "readTokenFile: @/none, changeTokenFile: @/t", ["t": Self.secret], environment: ["SLUICE_READ_TOKEN": other]
        ).get()
        #expect(effective.access.readToken == (try Token(other)))
        #expect(effective.access.changeToken == (try Token(Self.secret)))
    }

    @Test("a token that every user can read is worth a word")
    func readable() throws {
        let effective = try load("readTokenFile: @/t", ["t": Self.secret], mode: 0o644).get()
        #expect(effective.notes.count == 1 && effective.notes[0].contains("chmod o-r"))
        #expect(!effective.notes[0].contains(Self.secret))
    }

    @Test("certificate, key and authorities are loaded, and what is wrong is told at its key")
    func identity() async throws {
        let made = try await onThread { try Certificates() }
        let texts = try ["server.pem", "server.key", "ca.pem", "client.key"].reduce(into: [String: String]()) {
            $0[$1] = String(decoding: try made.bytes($1), as: UTF8.self)
        }
        let tls = "certificateFile: @/server.pem, keyFile: @/server.key, clientCAFile: @/ca.pem"
        let effective = try load("listen: ':0', tls: {\(tls)}", texts).get()
        #expect(effective.access.tls != nil)
        #expect(!String(reflecting: effective).contains("PRIVATE"))
        for (right, wrong, key) in [
            ("server.key", "client.key", "keyFile"), ("server.key", "server.pem", "keyFile"),
            ("server.pem", "server.key", "certificateFile"), ("ca.pem", "ca.key", "clientCAFile"),
            ("ca.pem", "server.key", "clientCAFile"),
        ] {
            let result = lines(try load("tls: {\(tls.replacing("@/\(right)", with: "@/\(wrong)"))}", texts))
            #expect(result.count == 1 && result[0].contains("admin.tls.\(key): \(wrong): "), "\(result)")
        }
    }
}

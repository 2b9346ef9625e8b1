import Foundation
import TestSupport
import Testing

@testable import Admin

/// The page's files as they are served.
@Suite("page")
struct PageTests {
    private static let samples: [[UInt8]] = {
        var random = SplitMix64(seed: 7)
        let noise = (0..<70_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        var samples: [[UInt8]] = [[], [0], [1, 2, 3], Array(0...255), noise, noise + noise]
        samples.append(Array(String(repeating: "a line that comes again and again\n", count: 3000).utf8))
        // Runs of every length, and matches at distances up to the window and beyond.
        for count in 3...600 { samples.append(Array(repeating: 9, count: count)) }
        for step in 1...40 {
            let start = noise.prefix(900)
            samples.append(Array(start + noise.prefix(step * 900) + start))
        }
        return samples + Page.files.map(\.bytes)
    }()

    @Test("gzip reads all that is compressed here, and it is smaller")
    func gzip() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        // Files one after the other are one file to gzip (RFC 1952, section 2.2).
        let file = folder.appending(path: "all.gz")
        try Data(Self.samples.flatMap(Gzip.compressed)).write(to: file)
        let record = try ChildProcess.run("/bin/gzip", ["-dc", file.path])
        #expect(record.ending == .exit(0), "\(record.errorText)")
        #expect(record.output == Self.samples.flatMap { $0 })
        let plain = Page.files.map(\.bytes.count).reduce(0, +)
        #expect(Page.files.map(\.gzipped.bytes.count).reduce(0, +) * 10 < plain * 6)
    }

    @Test(
        "gzip is sent to those who take it",
        arguments: [
            ("gzip", true), ("br, GZIP;q=0.5", true), ("gzip ; q=1", true), ("identity", false), ("gzip;q=0", false),
            ("gzip;q=0.00", false), ("x-gzip", false), ("", false),
        ])
    func negotiation(accept: String, isGzipped: Bool) async throws {
        let harness = Harness()
        let reply = await harness.send("GET", "/", [("Accept-Encoding", accept)])
        #expect((reply.field("Content-Encoding") == "gzip") == isGzipped)
        #expect(reply.field("Vary") == "Accept-Encoding")
        let plain = await harness.send("GET", "/")
        #expect((reply.field("ETag") == plain.field("ETag")) == !isGzipped)
        let tag = try #require(reply.field("ETag"))
        let again = await harness.send("GET", "/", [("Accept-Encoding", accept), ("If-None-Match", tag)])
        #expect(again.status == 304)
    }

    @Test("comments and indentation stay in the source", arguments: ["/app.js", "/style.css"])
    func slim(path: String) async throws {
        let text = await Harness().send("GET", path).text
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        #expect(lines.count > 50)
        for line in lines {
            #expect(!line.isEmpty && line.first != " " && !line.hasPrefix("//") && !line.hasPrefix("/*"), "\(line)")
        }
    }

    @Test("the first screen is under 60 KB, and so is everything as it is sent")
    func weight() {
        let lazy = [
            "sockets", "split", "advice", "settings", "form", "add", "routes", "config", "undo", "token", "panels",
        ]
        let code = Page.files.filter { file in
            file.path != "/" && ["html", "css", "js"].contains(where: file.path.hasSuffix)
        }
        let first = code.filter { file in !lazy.contains { file.path.hasPrefix("/\($0).") } }
        #expect(first.map(\.bytes.count).reduce(0, +) < 60 * 1024)
        #expect(code.map(\.gzipped.bytes.count).reduce(0, +) < 60 * 1024)
    }
}

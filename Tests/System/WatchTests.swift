import Foundation
import Glibc
import Testing
import TestSupport

/// Reading the configuration file as it changes on disk (product.md "Configuration").
@Suite("Reload as the file changes", .bounded)
struct WatchTests {
    private static func configuration(_ upstream: ScriptedUpstream, maxSockets: Int, watch: Bool = false) -> String {
        (watch ? "watch: on\n" : "")
            + "agents: {default: {upstream: \"\(upstream.url)\", maxSockets: \(maxSockets)}}"
    }

    /// How people and programs change a file.
    enum Way: CaseIterable, Sendable {
        case inPlace
        /// As editors do: another file is renamed over it.
        case renamed
        /// Removed first, made again later.
        case removed
    }

    @Test("a change is in force, however it was made", arguments: Way.allCases)
    func ways(way: Way) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let served = try ConfiguredProcess(
                Self.configuration(upstream, maxSockets: 10), ["--watch"], upstream: upstream)
            for number in 11...13 {
                let text = ConfiguredProcess.text(Self.configuration(upstream, maxSockets: number))
                switch way {
                case .inPlace: try ConfiguredProcess.overwrite(served.file, text)
                case .renamed:
                    let other = served.folder.appending(path: "sluice.yaml.swp")
                    try Data(text.utf8).write(to: other)
                    #expect(rename(other.path, served.file.path) == 0)
                case .removed:
                    try FileManager.default.removeItem(at: served.file)
                    try Data(text.utf8).write(to: served.file)
                }
                try served.expect("maxSockets", Double(number))
            }
            served.expectLog("file changed agent default: maxSockets from 12 to 13")
            #expect(try served.sluice.get("/").status == 200)
        }
    }

    @Test("the links of a mounted ConfigMap are followed, with no fault in between")
    func configMap() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            // What the kubelet does: the file is a link through ..data, which is put in the place of the old one.
            func publish(_ folder: URL, _ text: String, _ version: Int) throws {
                let data = folder.appending(path: "..2026_\(version)")
                try FileManager.default.createDirectory(at: data, withIntermediateDirectories: false)
                try Data(text.utf8).write(to: data.appending(path: "sluice.yaml"))
                let link = folder.appending(path: "..data_tmp").path
                #expect(symlink(data.lastPathComponent, link) == 0)
                #expect(rename(link, folder.appending(path: "..data").path) == 0)
                try? FileManager.default.removeItem(at: folder.appending(path: "..2026_\(version - 1)"))
            }
            let served = try ConfiguredProcess(
                Self.configuration(upstream, maxSockets: 10, watch: true), upstream: upstream
            ) { folder, text in
                try publish(folder, text, 0)
                #expect(symlink("..data/sluice.yaml", folder.appending(path: "sluice.yaml").path) == 0)
            }
            for number in 1...5 {
                let text = Self.configuration(upstream, maxSockets: 10 + number, watch: true)
                try publish(served.folder, ConfiguredProcess.text(text), number)
                try served.expect("maxSockets", Double(10 + number))
            }
            #expect(!served.sluice.errorText.contains("error"), "\(served.sluice.errorText)")
        }
    }

    @Test("a link to a file elsewhere is followed")
    func link() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let served = try ConfiguredProcess(
                Self.configuration(upstream, maxSockets: 10), ["--watch"], upstream: upstream
            ) { folder, text in
                let elsewhere = folder.appending(path: "elsewhere")
                try FileManager.default.createDirectory(at: elsewhere, withIntermediateDirectories: false)
                try Data(text.utf8).write(to: elsewhere.appending(path: "real.yaml"))
                #expect(symlink("elsewhere/real.yaml", folder.appending(path: "sluice.yaml").path) == 0)
            }
            let text = ConfiguredProcess.text(Self.configuration(upstream, maxSockets: 11))
            try ConfiguredProcess.overwrite(served.folder.appending(path: "elsewhere/real.yaml"), text)
            try served.expect("maxSockets", 11)
        }
    }

    @Test("a file that is half written is not read before it is whole")
    func halfWritten() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let served = try ConfiguredProcess(
                Self.configuration(upstream, maxSockets: 10), ["--watch"], upstream: upstream)
            let text = ConfiguredProcess.text(Self.configuration(upstream, maxSockets: 11))
            let handle = try FileHandle(forWritingTo: served.file)
            try handle.truncate(atOffset: 0)
            for piece in text.split(separator: " ", omittingEmptySubsequences: false).joined(separator: " |").split(
                separator: "|")
            {
                try handle.write(contentsOf: Data(piece.utf8))
                // Paces the writing: this is a slow writer.
                Thread.sleep(forTimeInterval: 0.03)
            }
            try handle.close()
            try served.expect("maxSockets", 11)
            #expect(!served.sluice.errorText.contains("error"), "\(served.sluice.errorText)")
        }
    }

    @Test("a bad file is told once, and a good one after it is in force")
    func bad() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let served = try ConfiguredProcess(
                Self.configuration(upstream, maxSockets: 10), ["--watch"], upstream: upstream)
            let bad = Self.configuration(upstream, maxSockets: 0)
            try ConfiguredProcess.overwrite(served.file, ConfiguredProcess.text(bad))
            served.expectLog("agents.default.maxSockets: must be 1 to 1000000, not 0")
            // Another file of the directory changes, and it is looked at once more.
            try Data("x".utf8).write(to: served.folder.appending(path: "other"))
            let good = Self.configuration(upstream, maxSockets: 12)
            try ConfiguredProcess.overwrite(served.file, ConfiguredProcess.text(good))
            try served.expect("maxSockets", 12)
            #expect(served.sluice.errorText.components(separatedBy: "must be 1 to 1000000").count == 2)
        }
    }

    @Test("it is off unless asked for, and can be switched by the file itself")
    func switched() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let served = try ConfiguredProcess(Self.configuration(upstream, maxSockets: 10), upstream: upstream)
            let watched = Self.configuration(upstream, maxSockets: 11, watch: true)
            try ConfiguredProcess.overwrite(served.file, ConfiguredProcess.text(watched))
            // Longer than it takes to notice.
            Thread.sleep(forTimeInterval: 0.5)
            #expect(try served.sluice.agent().maxSockets.int == 10)
            served.sluice.child.signal(SIGHUP)
            try served.expect("maxSockets", 11)
            let off = Self.configuration(upstream, maxSockets: 12)
            try ConfiguredProcess.overwrite(served.file, ConfiguredProcess.text(off))
            try served.expect("maxSockets", 12)
            served.expectLog("file changed the configuration: watch from true to false")
        }
    }
}

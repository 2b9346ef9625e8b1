import Foundation
import Glibc
import Testing
import TestSupport

/// A running `sluice serve` whose configuration file stays, in a folder of its own, and can be changed.
final class ConfiguredProcess: Sendable {
    /// The folder of the file, which is removed with this object.
    let folder: URL
    /// The configuration file.
    let file: URL
    let sluice: SluiceProcess

    // The keys that cannot change.
    private static let addresses = "listen: 127.0.0.1:0\nadmin: {listen: 127.0.0.1:0}\n"

    /// Starts it with `configuration` in its file, less the two addresses.
    ///
    /// - Parameter layout: Makes the file in the folder when it is not simply there.
    init(
        _ configuration: String, _ arguments: [String] = [], upstream: ScriptedUpstream,
        layout: (URL, String) throws -> Void = { folder, text in
            try Data(text.utf8).write(to: folder.appending(path: "sluice.yaml"))
        }
    ) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "sluice-reload-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        file = folder.appending(path: "sluice.yaml")
        try layout(folder, Self.addresses + configuration + "\n")
        sluice = try SluiceProcess(["serve", "--config", file.path] + arguments, upstream: upstream)
    }

    deinit {
        sluice.child.kill()
        try? FileManager.default.removeItem(at: folder)
    }

    /// The text of a file that says `configuration`.
    static func text(_ configuration: String) -> String { addresses + configuration + "\n" }

    /// Writes the file anew, in place, and sends SIGHUP.
    func reload(_ configuration: String) throws {
        try Self.overwrite(file, Self.text(configuration))
        sluice.child.signal(SIGHUP)
    }

    /// Writes over what is in a file, without another file in its place.
    static func overwrite(_ file: URL, _ text: String) throws {
        let handle = try FileHandle(forWritingTo: file)
        try handle.truncate(atOffset: 0)
        try handle.write(contentsOf: Data(text.utf8))
        try handle.close()
    }

    /// Waits until a line of the log has `text` in it; the lines so far when that does not happen in time.
    func expectLog(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
        let isThere = sluice.child.record.wait { $0.errorText.contains(text) }
        #expect(isThere, "\(sluice.errorText)", sourceLocation: sourceLocation)
    }

    /// Waits until the setting of the agent `default` is this number.
    func expect(_ setting: String, _ number: Double, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let deadline = ContinuousClock.now + .seconds(10)
        var last: Double?
        repeat {
            last = try sluice.agent()[setting].number
            if last == number { return }
            // Only paces the asking; the condition is what is waited for.
            Thread.sleep(forTimeInterval: 0.01)
        } while ContinuousClock.now < deadline
        #expect(last == number, "\(sluice.errorText)", sourceLocation: sourceLocation)
    }
}

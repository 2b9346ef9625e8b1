import Foundation

/// Where the program under test lies.
enum SluiceBinary {
    /// The repository's root.
    static let root: URL = {
        if let named = ProcessInfo.processInfo.environment["SLUICE_ROOT"], !named.isEmpty {
            return URL(filePath: named)
        }
        return URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
    }()

    /// `SLUICE_BINARY`, or the one of the two builds that is newer.
    static let path: String = {
        if let named = ProcessInfo.processInfo.environment["SLUICE_BINARY"], !named.isEmpty { return named }
        let built = ["release", "debug"].map { root.appending(path: ".build/\($0)/sluice").path }
        let newest = built.max { date($0) < date($1) }
        return newest ?? built[0]
    }()

    private static func date(_ path: String) -> Date {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return attributes?[.modificationDate] as? Date ?? .distantPast
    }
}

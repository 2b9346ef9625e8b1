import ArgumentParser
import Control

/// Why the admin server did not do what a command asked for.
struct ClientFailure: Error, Equatable {
    /// What people are told, a line each.
    let lines: [String]
    let exitCode: ExitCode

    /// A failure with its own words.
    init(_ lines: [String], _ exitCode: ExitCode) {
        self.lines = lines
        self.exitCode = exitCode
    }

    /// No answer came from `server`.
    static func unreachable(_ server: AdminURL, _ reason: String) -> ClientFailure {
        ClientFailure(["cannot reach the admin server at \(server): \(reason)"], .unavailable)
    }

    /// `server` answers, but not as Sluice does.
    static func foreign(_ server: AdminURL, status: Int) -> ClientFailure {
        ClientFailure(
            ["\(server) answers with status \(status) and nothing that Sluice's admin server would say"], .unavailable)
    }

    /// The server said no: a problem (RFC 9457), each of its faults by its key.
    init(_ problem: APIValue, status: Int) {
        let title = problem.title.string ?? "The server refused it"
        let detail = problem.detail.string.map { ": \($0)" } ?? ""
        var lines = ["\(title) (\(status))\(detail)"]
        for fault in problem.errors.elements {
            let key = Self.key(fault)
            lines.append("  " + [key, fault.detail.string].compactMap(\.self).joined(separator: ": "))
        }
        switch status {
        case 401:
            exitCode = .notAllowed
            lines.append("  give the token in SLUICE_TOKEN, or the file that it is in by --token-file")
        case 403: exitCode = .notAllowed
        case 404: exitCode = .noInput
        case 400, 409, 412, 413, 415, 422, 428: exitCode = .refused
        default: exitCode = .unavailable
        }
        self.lines = lines
    }

    /// What a fault is about: a key's path (out of a JSON pointer, RFC 6901) or a parameter.
    private static func key(_ fault: APIValue) -> String? {
        guard let pointer = fault.pointer.string else { return fault.parameter.string }
        let path = pointer.split(separator: "/").joined(separator: ".")
        return path.isEmpty ? nil : path.replacing("~1", with: "/").replacing("~0", with: "~")
    }
}

import Control
import FoundationEssentials
import MicroHTTPD

/// The configuration as a whole.
extension API {
    private static let example = #"{"agents": {"default": {"upstream": "http://127.0.0.1:1984"}}}"#

    /// The tree of a file that would say the same, and under `status` where it came from.
    func configuration(_ call: Call) -> Response {
        let current = currentConfiguration()
        return json(current.json, call, fields: [("ETag", current.tag)])
    }

    /// Puts another one in its place, all or nothing.
    func putConfiguration(_ call: Call) async throws(Problem) -> Response {
        var members = try call.members(example: Self.example)
        // What was read can be written back.
        members["status"] = nil
        let tree = SettingValue(.object(members))
        let current = currentConfiguration()
        guard call.preconditions.allowChange(of: current.tag) else {
            throw .preconditionFailed(current: current.tag)
        }
        do throws(ControlError) {
            // The tag was that of this version: if it is another one by then, somebody was faster.
            let version = call.preconditions.isEmpty ? nil : current.version
            let change = try await store.replace(with: tree, ifVersion: version)
            changes.announce(change, by: call.request.client)
        } catch {
            throw Problem(
                error, type: "invalid-configuration", tag: { _ in currentConfiguration().tag },
                pointer: { JSONPointer.text(ofPath: $0, in: tree) })
        }
        return configuration(call)
    }

    /// Reads the file again.
    func reload(_ call: Call) async throws(Problem) -> Response {
        try call.requireNothing()
        guard let outcome = await store.reload() else { throw .noFile }
        guard outcome.isSuccess else {
            changes.announceFailedReload(outcome, by: call.request.client)
            throw .invalidSettings(
                outcome.faults.map { .init(place: .file($0), detail: $0.message) }, type: "invalid-configuration")
        }
        if let change = outcome.change { changes.announce(change, by: call.request.client) }
        let parts = outcome.change.map { ConfigurationChangeParts($0).all } ?? []
        return json(
            [
                "successful": true, "time": .string(Self.time(outcome)), "errors": .list([]),
                "changes": .list(parts.flatMap { part in part.changes.map { $0.json(agent: part.agent) } }),
            ], call)
    }

    private func currentConfiguration() -> (json: JSONValue, version: UInt64, tag: String) {
        // The version first: a change in between makes the tag one that fits nothing, never one that hides it.
        let version = control.state.version
        var members: [String: JSONValue] = [:]
        if case .object(let tree) = store.tree() { members = tree.mapValues(JSONValue.init) }
        members["status"] = [
            "file": store.file.map(JSONValue.string) ?? .null,
            "sources": .object(store.sources().mapValues(JSONValue.string)),
            "lastReload": store.lastReload.map(Self.json) ?? .null,
        ]
        let json = JSONValue.object(members)
        // Not all of it is the proxy's, so not all of it has versions.
        return (json, version, tag("\(version)-\(EntityTag.hash(json.encoded()))"))
    }

    private static func json(_ outcome: ReloadOutcome) -> JSONValue {
        [
            "time": .string(time(outcome)), "successful": .bool(outcome.isSuccess),
            "errors": .list(outcome.faults.map(\.json)),
        ]
    }

    private static func time(_ outcome: ReloadOutcome) -> String {
        Timestamp.text(Date(timeIntervalSince1970: outcome.time))
    }
}

import Foundation
import TestSupport

extension SluiceProcess {
    /// Sends one request to the admin server.
    ///
    /// - Parameters:
    ///   - fields: More fields, each with its CRLF.
    ///   - host: What the Host field says; nil for the server's own address.
    func admin(
        _ method: String, _ path: String, fields: String = "", body: String? = nil,
        type: String? = "application/json", host: String? = nil
    ) throws -> RawResponse {
        let client = try RawClient(port: adminPort)
        var head = "\(method) \(path) HTTP/1.1\r\nHost: \(host ?? "127.0.0.1:\(adminPort)")\r\n\(fields)"
        if let body {
            if let type { head += "Content-Type: \(type)\r\n" }
            head += "Content-Length: \(body.utf8.count)\r\n"
        }
        try client.send(head + "Connection: close\r\n\r\n" + (body ?? ""))
        return try client.readResponse(isHead: method == "HEAD")
    }

    /// The JSON at `path` of the admin server.
    func json(_ path: String) throws -> JSON { try JSON(admin("GET", path).body) }

    /// The agent as the API shows it.
    func agent(_ name: String = "default") throws -> JSON { try json("/api/v1/agents/\(name)") }

    /// Changes an agent by a merge patch.
    func patch(_ agent: String = "default", _ body: String, fields: String = "") throws -> RawResponse {
        try admin(
            "PATCH", "/api/v1/agents/\(agent)", fields: fields, body: body, type: "application/merge-patch+json")
    }

    /// Asks for the agent's status until `isTrue` holds for it; the last one asked for.
    func status(of agent: String = "default", until isTrue: (JSON) -> Bool) throws -> JSON {
        let deadline = ContinuousClock.now + .seconds(10)
        while true {
            let status = try self.agent(agent).status
            if isTrue(status) || ContinuousClock.now > deadline { return status }
            // Only paces the asking; the condition is what is waited for.
            Thread.sleep(forTimeInterval: 0.01)
        }
    }
}

/// One connection of a ``ScriptedUpstream``, as its script sees it.
public struct UpstreamPeer {
    /// The first connection is 0.
    public let index: Int
    /// The connection.
    public let client: RawClient
    private let record: Watched<ScriptedUpstream.Record>
    private let patience: Duration

    init(_ client: RawClient, index: Int, record: Watched<ScriptedUpstream.Record>, patience: Duration) {
        self.client = client
        self.index = index
        self.record = record
        self.patience = patience
    }

    /// Reads one request with its body and records it; nil when the connection ended before one.
    /// `onExpect`: called when the client waits for 100 (Continue).
    public func readRequest(onExpect: () throws -> Void = {}) throws -> RawRequest? {
        guard let request = try client.readRequest(onExpect: onExpect) else { return nil }
        record.update {
            $0.requests.append(request)
            $0.requestsByConnection[index, default: 0] += 1
        }
        return request
    }

    /// Sends all of `text`.
    public func send(_ text: String) throws { try client.send(text) }

    /// Sends a response with a length; `fields` end with CRLF each.
    public func answer(_ status: String = "200 OK", fields: String = "", body: [UInt8]) throws {
        try client.send(Array("HTTP/1.1 \(status)\r\n\(fields)Content-Length: \(body.count)\r\n\r\n".utf8) + body)
    }

    /// Sends a response with a length and text as its content.
    public func answer(_ status: String = "200 OK", fields: String = "", text: String) throws {
        try answer(status, fields: fields, body: Array(text.utf8))
    }

    /// Waits until the test calls ``ScriptedUpstream/release(_:)``; throws when it does not in time.
    public func waitForRelease() throws {
        record.update { $0.waiting += 1 }
        defer { record.update { $0.waiting -= 1 } }
        guard record.wait(patience, until: { $0.permits > 0 }) else { throw RawClient.Failure.timedOut("no release") }
        let taken = record.update { record in
            defer { record.permits = max(0, record.permits - 1) }
            return record.permits > 0
        }
        if !taken { try waitForRelease() }
    }

    /// Reads until the other end closes; what came is thrown away.
    public func waitForEnd() throws { _ = try client.readToEnd() }

    /// Ends the connection with a reset.
    public func reset() {
        client.resetOnClose()
        client.close()
    }
}

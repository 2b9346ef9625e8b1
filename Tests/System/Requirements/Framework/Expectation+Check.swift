extension Expectation {
    /// What of this does not hold, in words.
    func failures(in evidence: Evidence) -> [String] {
        switch self {
        case .refused(let statuses, _):
            return Self.refusal(statuses, evidence) + Expectation.nothingUpstream.failures(in: evidence)
        case .brokenOff(let statuses):
            let whole = evidence.requests.filter { $0.message.end != nil }
            return Self.refusal(statuses, evidence)
                + whole.map { "the upstream received a whole request: \($0.message.startLine)" }
        case .forwarded(let start, let has, let lacks, let contains, let body, let trailers, let index):
            guard evidence.requests.indices.contains(index) else {
                return ["request \(index) did not reach the upstream"]
            }
            let message = evidence.requests[index].message
            let isStart = start.isEmpty || message.startLine == start || message.startLine.hasPrefix(start + " ")
            let line = isStart ? [] : ["the request line is \"\(message.startLine)\", not \"\(start)\""]
            return line + Self.message(message, "upstream", has, lacks, contains, body, trailers)
                + (message.end == nil ? ["the request is not whole"] : [])
        case .answered(let status, let has, let lacks, let contains, let body, let trailers, let index):
            guard evidence.answers.indices.contains(index) else { return ["the client received no answer \(index)"] }
            let message = evidence.answers[index]
            return (message.status == status ? [] : ["answer \(index) is \(message.status), not \(status)"])
                + Self.message(message, "client", has, lacks, contains, body, trailers)
                + (message.end == nil && !evidence.isCut ? ["answer \(index) is not whole"] : [])
        case .interim(let statuses):
            let came = evidence.interim.map(\.status)
            return came == statuses ? [] : ["interim responses \(came), not \(statuses)"]
        case .requests(let count):
            let came = evidence.requests.filter { $0.message.end != nil }.count
            return came == count && !evidence.hasStrayBytes
                ? [] : ["\(came) requests reached the upstream, not \(count)"]
        case .nothingUpstream:
            guard evidence.requests.isEmpty, !evidence.hasStrayBytes else { return ["bytes reached the upstream"] }
            return []
        case .wholeUpstream:
            return evidence.requests.filter { $0.message.end == nil }
                .map { "the upstream received half a request: \($0.message.startLine)" }
        case .cut: return evidence.isCut ? [] : ["the client cannot tell that the response is incomplete"]
        case .upstreamSocket(let socket): return Self.upstreamSocket(socket, evidence)
        case .connection(let socket):
            guard socket == .closed else { return [] }
            return evidence.scene.clientEnd == nil ? ["the client's connection is open"] : []
        case .clientReceived(let text, let isThere):
            guard WireText.contains(text, in: evidence.scene.client) != isThere else { return [] }
            return ["the client's bytes \(isThere ? "lack" : "contain") \"\(text)\""]
        case .upstreamReceived(let text, let isThere):
            let came = evidence.scene.connections.contains { WireText.contains(text, in: $0.bytes) }
            guard came != isThere else { return [] }
            return ["the upstream's bytes \(isThere ? "lack" : "contain") \"\(text)\""]
        case .that(let failures): return failures(evidence)
        case .anyOf(let choices):
            let failures = choices.map { choice in choice.flatMap { $0.failures(in: evidence) } }
            guard failures.allSatisfy({ !$0.isEmpty }) else { return [] }
            return failures.map { "either: \($0.joined(separator: "; "))" }
        }
    }

    /// One answer with one of `statuses`, and then the end.
    private static func refusal(_ statuses: [Int], _ evidence: Evidence) -> [String] {
        var failures: [String] = []
        guard let answer = evidence.answers.first else { return ["the client received no answer"] }
        if !statuses.contains(answer.status) { failures.append("answered \(answer.status), not \(statuses)") }
        if answer.end == nil { failures.append("the answer is not whole") }
        if evidence.answers.count > 1 { failures.append("\(evidence.answers.count) answers") }
        if evidence.scene.clientEnd == nil { failures.append("the client's connection is open") }
        guard ProxyUnderTest.current == .sluice else { return failures }
        // Our own promise: a problem document (RFC 9457) that says whose it is (RFC 9209).
        if answer.values("proxy-status").isEmpty { failures.append("the answer has no Proxy-Status") }
        if answer.values("content-type").first?.hasPrefix("application/problem+json") != true {
            failures.append("the answer is no problem document")
        }
        return failures
    }

    private static func message(
        _ message: WireMessage, _ side: String, _ has: [String], _ lacks: [String], _ contains: String, _ body: String?,
        _ trailers: [String]?
    ) -> [String] {
        var failures: [String] = []
        for pattern in has where !message.fields.contains(where: { $0.matches(pattern) }) {
            failures.append("\(side): no field \"\(pattern)\"")
        }
        for pattern in lacks where message.fields.contains(where: { $0.matches(pattern) }) {
            failures.append("\(side): a field \"\(pattern)\"")
        }
        if !contains.isEmpty, !WireText.contains(contains, in: message.head) {
            failures.append("\(side): the head lacks \"\(contains)\"")
        }
        if let body, WireText.bytes(body) != message.body {
            failures.append("\(side): the body is \"\(WireText.escaped(message.body))\"")
        }
        if let trailers {
            let came = message.trailers.map { "\($0.name.lowercased()): \($0.value)" }
            if came != trailers { failures.append("\(side): the trailers are \(came), not \(trailers)") }
        }
        return failures
    }

    private static func upstreamSocket(_ socket: Socket, _ evidence: Evidence) -> [String] {
        guard let first = evidence.requests.first else { return ["no request reached the upstream"] }
        let isReused =
            evidence.laterConnections.contains(first.connection)
            || evidence.requests.dropFirst().contains { $0.connection == first.connection }
        switch socket {
        case .reused: return isReused ? [] : ["the upstream's socket is not used again"]
        case .closed:
            let isOpen = evidence.scene.connections[first.connection].end == nil
            return isReused || isOpen ? ["the upstream's socket goes on"] : []
        }
    }
}

extension Evidence {
    /// Whether the client can tell that the last answer is incomplete.
    var isCut: Bool {
        guard let last = answers.last else { return false }
        return last.end == nil && scene.clientEnd != nil
    }
}

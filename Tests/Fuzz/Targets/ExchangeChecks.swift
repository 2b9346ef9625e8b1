/// Holds what came out of the proxy against what went in, by the strict grammar alone.
struct ExchangeChecks {
    let clients: [ExchangePeer]
    let upstreams: [ExchangePeer]
    /// The name in Via.
    let via: String

    /// What a stream holds, read until it ends or breaks.
    struct Stream {
        /// The last one may be cut.
        var messages: [StrictMessage] = []
        /// Bytes that begin no message yet.
        var rest = 0
        var fault: String?
        /// Of responses: where another protocol begins, behind the last message.
        var tunnelStart: Int?
    }

    /// Fields of a response that the proxy may change, add or drop by rules of its own.
    private static let rewritten: Set<String> = ["via", "date", "transfer-encoding", "trailer", "content-length"]

    /// A connection's two streams. Where they became a tunnel, no message of them is behind it.
    struct Connection {
        var requests: Stream
        var responses: Stream
        /// What went from the client's side to the upstream's in a tunnel, and back; nil without one.
        var tunnel: (up: [UInt8], down: [UInt8])?

        /// - Parameters:
        ///   - up: All bytes of the requests.
        ///   - down: All bytes of the responses.
        ///   - last: The method that is answered behind those that could be read.
        ///   - hasEnded: The responses' stream was ended in order.
        init(up: [UInt8], down: [UInt8], last: String = "GET", hasEnded: Bool) {
            requests = ExchangeChecks.requests(up)
            responses = ExchangeChecks.responses(
                down, to: requests.messages.map(\.method) + [last], hasEnded: hasEnded)
            guard let start = responses.tunnelStart else { return }
            let index = responses.messages.count - 1
            guard index < requests.messages.count else { return }
            // What looked like requests behind that one was another protocol.
            requests.messages.removeLast(requests.messages.count - index - 1)
            requests.rest = 0
            requests.fault = nil
            tunnel = (Array(up[requests.messages[index].end...]), Array(down[start...]))
        }
    }

    /// - Returns: What happened, in a few words.
    func run() throws(Finding) -> String {
        let asked = clients.map { client in
            let endsInOrder = client.end.hasEnded && !client.end.isReset
            return Connection(up: client.sent, down: client.received, hasEnded: endsInOrder)
        }
        let arrived = upstreams.flatMap { peer in
            let endsInOrder = peer.end.hasSentEnd
            let connection = Connection(up: peer.received, down: peer.sent, hasEnded: endsInOrder)
            // One that came in part, or not yet, may be answered all the same, and who knows to which method.
            let isAnswered = connection.responses.messages.count > connection.requests.messages.count
            if connection.requests.rest == 0, !isAnswered { return [connection] }
            return [connection, Connection(up: peer.received, down: peer.sent, last: "HEAD", hasEnded: endsInOrder)]
        }
        try checkArrivals(of: asked.flatMap(\.requests.messages))
        var statuses: [Int] = []
        for (client, connection) in zip(clients, asked) {
            try check(client, connection, arrived)
            try checkTunnel(client, connection, arrived)
            statuses += connection.responses.messages.map(\.status)
        }
        let (sent, got) = (asked.reduce(0) { $0 + $1.requests.messages.count }, arrived.flatMap(\.requests.messages))
        let tunnels = asked.count { $0.tunnel != nil }
        return "\(sent) asked, \(got.count) forwarded, answers \(statuses)\(tunnels > 0 ? ", a tunnel" : "")"
    }

    // MARK: Streams

    static func requests(_ bytes: [UInt8]) -> Stream {
        var stream = Stream()
        var offset = 0
        while offset < bytes.count {
            do throws(StrictMessage.Stop) {
                let message = try StrictMessage(bytes, from: offset, .request)
                stream.messages.append(message)
                guard message.isWhole else {
                    stream.fault = message.bodyFault
                    return stream
                }
                offset = message.end
            } catch {
                if case .bad(let what) = error { stream.fault = what }
                break
            }
        }
        stream.rest = bytes.count - offset
        return stream
    }

    /// The final responses of a stream, and 101.
    ///
    /// - Parameter hasEnded: The stream was ended in order.
    static func responses(_ bytes: [UInt8], to methods: [String], hasEnded: Bool) -> Stream {
        var stream = Stream()
        var offset = 0
        while offset < bytes.count {
            // Nobody knows what a request asked for that could not be read; it gets an answer with a body.
            let index = stream.messages.count
            let method = index < methods.count ? methods[index] : "GET"
            do throws(StrictMessage.Stop) {
                var message = try StrictMessage(bytes, from: offset, .response(to: method))
                if hasEnded { message.connectionEnded() }
                offset = message.end
                if message.status == 101 || method == "CONNECT" && (200..<300).contains(message.status) {
                    stream.messages.append(message)
                    stream.tunnelStart = offset
                    return stream
                }
                if message.status >= 200 { stream.messages.append(message) }
                guard message.isWhole else {
                    stream.fault = message.bodyFault
                    return stream
                }
            } catch {
                if case .bad(let what) = error { stream.fault = what }
                break
            }
        }
        stream.rest = bytes.count - offset
        return stream
    }

    // MARK: What upstreams see

    private func checkArrivals(of asked: [StrictMessage]) throws(Finding) {
        var seen = [Int](repeating: 0, count: asked.count)
        for (number, peer) in upstreams.enumerated() {
            let stream = Connection(up: peer.received, down: peer.sent, hasEnded: false).requests
            let what = "upstream \(number) got \(peer.received.shown)"
            if let fault = stream.fault { throw Finding("malformed, \(fault): \(what)") }
            for request in stream.messages {
                try checkHead(request, what)
                let candidates = asked.indices.filter { isSame(request, asked[$0]) }
                guard let index = candidates.min(by: { seen[$0] < seen[$1] }) else {
                    throw Finding("nobody sent this: \(what)")
                }
                seen[index] += 1
                let isIdempotent = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"].contains(request.method)
                try expect(seen[index] <= (isIdempotent ? 2 : 1), "sent \(seen[index]) times: \(what)")
            }
        }
    }

    private func checkHead(_ request: StrictMessage, _ what: String) throws(Finding) {
        try expect(request.line[2] == Array("HTTP/1.1".utf8), "version: \(what)")
        try expect(request.elements("via").last?.hasSuffix(" \(via)") ?? false, "Via: \(what)")
        let asks = !request.values("upgrade").isEmpty
        try RequestFuzz.checkConnection(request, upgrades: asks, what)
        try expect(!request.values("x-forwarded-for").isEmpty, "X-Forwarded-For: \(what)")
    }

    // Whether `arrived` is what the proxy may make of `sent`: of its body at least the beginning.
    private func isSame(_ arrived: StrictMessage, _ sent: StrictMessage) -> Bool {
        let changing = RequestFuzz.rewritten.union(["max-forwards"])
        return arrived.method == sent.method && arrived.target == RequestFuzz.target(of: sent)
            && arrived.framing == sent.framing
            && arrived.endToEnd(without: changing) == sent.endToEnd(without: changing)
            && (arrived.isWhole ? sent.isWhole && sent.body == arrived.body : sent.body.starts(with: arrived.body))
    }

    // MARK: What clients see

    private func check(_ client: ExchangePeer, _ own: Connection, _ arrived: [Connection]) throws(Finding) {
        let (requests, answers) = (own.requests, own.responses)
        let what = "\(client.received.shown) to \(client.sent.shown)"
        if let fault = answers.fault { throw Finding("a client got \(fault): \(what)") }
        // What was asked for last may be a head that never became whole.
        let asked = requests.messages.count + (requests.rest > 0 ? 1 : 0)
        try expect(answers.messages.count <= asked, "more answers than requests: \(what)")
        for (index, message) in answers.messages.enumerated() {
            let request = index < requests.messages.count ? requests.messages[index] : nil
            try expect(request?.minor != 0 || message.framing != .chunked, "chunks for HTTP/1.0: \(what)")
            if message.status == 101, !isAnswer(message, to: request) { throw Finding("101 unasked: \(what)") }
            if !message.isWhole || isProblem(message) || isOwn(message, to: request) { continue }
            let isTrue = arrived.contains { $0.responses.messages.contains { isRelayed(message, of: $0) } }
            try expect(isTrue, "no upstream sent this whole: \(what)")
        }
    }

    /// Whether a 101 switches to what the request asked for (RFC 9110, section 7.8).
    private func isAnswer(_ message: StrictMessage, to request: StrictMessage?) -> Bool {
        guard let request, request.minor == 1, request.framing == .none || request.framing == .length(0) else {
            return false
        }
        let names = message.elements("upgrade")
        return names.count == 1 && request.elements("upgrade").contains(names[0]) && names[0] == "websocket"
            && request.elements("connection").contains("upgrade")
    }

    // Both directions of a client's tunnel must be the beginning of what went into the same upstream's.
    private func checkTunnel(_ client: ExchangePeer, _ own: Connection, _ arrived: [Connection]) throws(Finding) {
        guard let tunnel = own.tunnel, let request = own.requests.messages.last else { return }
        let isTrue = arrived.contains { other in
            guard let far = other.tunnel, let asked = other.requests.messages.last else { return false }
            return isSame(asked, request) && tunnel.up.starts(with: far.up) && far.down.starts(with: tunnel.down)
        }
        try expect(isTrue, "a tunnel from nowhere: \(client.received.shown) to \(client.sent.shown)")
    }

    /// Whether the proxy answers for itself as the last that a request may reach (RFC 9110, section 7.6.2).
    private func isOwn(_ message: StrictMessage, to request: StrictMessage?) -> Bool {
        guard let request, ["TRACE", "OPTIONS"].contains(request.method), message.status == 200 else { return false }
        guard request.values("max-forwards").count == 1, message.values("via").isEmpty else { return false }
        if request.method == "OPTIONS" { return message.body.isEmpty && !message.values("allow").isEmpty }
        // What came, less what is secret (RFC 9110, section 9.3.8).
        guard message.values("content-type") == [Array("message/http".utf8)],
            let echo = try? StrictMessage(message.body, .request)
        else { return false }
        let secret: Set<String> = ["authorization", "proxy-authorization", "cookie"]
        return echo.line == request.line
            && echo.fields.map { "\($0.name): \($0.value.shown)" }
                == request.fields.filter { !secret.contains($0.name) }.map { "\($0.name): \($0.value.shown)" }
    }

    /// Whether the proxy made it itself.
    private func isProblem(_ message: StrictMessage) -> Bool {
        message.values("content-type") == [Array("application/problem+json".utf8)] && message.values("via").isEmpty
            && (message.framing == .none || message.body.starts(with: "{\"type\":\"urn:sluice:problem:".utf8))
    }

    private func isRelayed(_ received: StrictMessage, of sent: StrictMessage) -> Bool {
        sent.isWhole && received.status == sent.status && received.line[2] == sent.line[2]
            && received.body == sent.body
            && received.endToEnd(without: Self.rewritten) == sent.endToEnd(without: Self.rewritten)
    }
}

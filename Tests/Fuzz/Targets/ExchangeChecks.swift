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
    }

    /// Fields of a response that the proxy may change, add or drop by rules of its own.
    private static let rewritten: Set<String> = ["via", "date", "transfer-encoding", "trailer", "content-length"]

    /// - Returns: What happened, in a few words.
    func run() throws(Finding) -> String {
        let asked = clients.map { Self.requests($0.sent) }
        let arrived = upstreams.map { Self.requests($0.received) }
        try checkArrivals(arrived, of: asked.flatMap(\.messages))
        let answers = zip(upstreams, arrived).flatMap { peer, requests in
            // One that came in part may be answered all the same, and who knows to which method.
            (requests.rest > 0 ? ["GET", "HEAD"] : ["GET"]).flatMap { last in
                let methods = requests.messages.map(\.method) + [last]
                return Self.responses(peer.sent, to: methods, hasEnded: peer.end.hasSentEnd && !peer.hasReset).messages
            }
        }
        var statuses: [Int] = []
        for (client, requests) in zip(clients, asked) { statuses += try check(client, requests, answers) }
        let count = arrived.reduce(0) { $0 + $1.messages.count }
        return "\(asked.reduce(0) { $0 + $1.messages.count }) asked, \(count) forwarded, answers \(statuses)"
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
                if method == "HEAD", isRefusalWithBody(message, bytes) {
                    message = try StrictMessage(bytes, from: offset, .response(to: "GET"))
                }
                if hasEnded { message.connectionEnded() }
                offset = message.end
                if message.status >= 200 || message.status == 101 { stream.messages.append(message) }
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

    /// Whether this ends a connection whose last head the proxy refused: it does not say what it was a request for, so
    /// that the refusal of what looks like HEAD may have a body.
    private static func isRefusalWithBody(_ message: StrictMessage, _ bytes: [UInt8]) -> Bool {
        message.status >= 400 && message.elements("connection") == ["close"]
            && bytes[message.end...].starts(with: "{\"type\":\"urn:sluice:problem:".utf8)
    }

    // MARK: What upstreams see

    private func checkArrivals(_ arrived: [Stream], of asked: [StrictMessage]) throws(Finding) {
        var seen = [Int](repeating: 0, count: asked.count)
        for (number, stream) in arrived.enumerated() {
            let what = "upstream \(number) got \(upstreams[number].received.shown)"
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

    private func check(
        _ client: ExchangePeer, _ requests: Stream, _ answers: [StrictMessage]
    ) throws(Finding) -> [Int] {
        let endsInOrder = client.end.hasEnded && !client.end.isReset
        let stream = Self.responses(client.received, to: requests.messages.map(\.method), hasEnded: endsInOrder)
        let what = "\(client.received.shown) to \(client.sent.shown)"
        if let fault = stream.fault { throw Finding("a client got \(fault): \(what)") }
        // What was asked for last may be a head that never became whole.
        let asked = requests.messages.count + (requests.rest > 0 ? 1 : 0)
        try expect(stream.messages.count <= asked, "more answers than requests: \(what)")
        for (index, message) in stream.messages.enumerated() {
            let isOld = index < requests.messages.count && requests.messages[index].minor == 0
            try expect(!isOld || message.framing != .chunked, "chunks for HTTP/1.0: \(what)")
            guard message.isWhole else { continue }
            if isProblem(message) { continue }
            try expect(answers.contains { isRelayed(message, of: $0) }, "no upstream sent this whole: \(what)")
        }
        return stream.messages.map(\.status)
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

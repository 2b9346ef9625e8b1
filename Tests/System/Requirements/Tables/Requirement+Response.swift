/// The forms that most cases about responses have.
extension Requirement {
    /// A response that cannot be believed.
    ///
    /// Its client gets 502 that says why, the upstream's socket is closed, and what the client asks next over the same
    /// connection, and another one over its own, has its own answer over a fresh socket.
    ///
    /// - Parameters:
    ///   - bytes: What the upstream answers.
    ///   - after: What it does then.
    ///   - method: Of the request.
    static func badGateway(
        _ id: String, level: Level = .must, _ sentence: String, _ bytes: String, after: [UpstreamStep] = [],
        method: String = "GET"
    ) -> Requirement {
        Requirement(
            id: id, level: level, sentence: sentence,
            client: [
                .send("\(method) /first HTTP/1.1\r\nHost: a.example\r\n\r\n"), .wait("\r\n\r\n"), .waitUpstreamEnd,
                .send("GET /second HTTP/1.1\r\nHost: a.example\r\n\r\n"),
            ],
            options: Options(), upstream: [.request, .send(bytes)] + after,
            seen: [
                .answered(502), .problem(), .proxyStatus(), .answered(200, body: "ok", at: 1), .requests(2),
                .upstreamSocket(.closed),
                .clientReceived("poison", false),
            ])
    }

    /// A response that goes wrong after the client has received the beginning: the client can tell, the upstream's
    /// socket is closed, and another client has its own answer over a fresh one.
    ///
    /// - Parameters:
    ///   - begun: What the upstream sends first; it contains "begun", which the client receives before the rest comes.
    ///   - bytes: The rest.
    ///   - after: What the upstream does then.
    static func cut(
        _ id: String, level: Level = .must, _ sentence: String, begun: String = chunkedBegun, _ bytes: String,
        after: [UpstreamStep] = []
    ) -> Requirement {
        Requirement(
            id: id, level: level, sentence: sentence, client: .get("/first"), options: Options(),
            upstream: [.request, .send(begun), .waitClient("begun"), .send(bytes)] + after,
            seen: [.answered(200), .cut, .requests(1), .upstreamSocket(.closed), .clientReceived("poison", false)])
    }

    /// The beginning of a chunked response.
    static let chunkedBegun = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n"

    /// A response that is unusual and good: it is relayed, and both connections go on.
    ///
    /// - Parameters:
    ///   - bytes: What the upstream answers.
    ///   - seen: What of it must be seen.
    static func relayed(
        _ id: String, level: Level = .must, _ sentence: String, _ bytes: String, to client: ClientScript = .get(),
        _ seen: Expectation...
    ) -> Requirement {
        Requirement(
            id: id, level: level, sentence: sentence, client: client, options: Options(),
            upstream: .answer(bytes), seen: seen + [.requests(1), .upstreamSocket(.reused), .connection(.reused)])
    }
}

extension ClientScript {
    /// A request without content; `fields` end with CRLF each.
    static func request(_ method: String, _ target: String = "/", _ fields: String = "") -> ClientScript {
        ClientScript("\(method) \(target) HTTP/1.1\r\nHost: a.example\r\n\(fields)\r\n")
    }
}

extension String {
    /// A response with a length; `fields` end with CRLF each.
    static func response(_ fields: String = "", status: String = "200 OK", body: String = "ok") -> String {
        "HTTP/1.1 \(status)\r\n\(fields)Content-Length: \(body.unicodeScalars.count)\r\n\r\n\(body)"
    }

    /// A response with the chunks as they stand; `fields` end with CRLF each.
    static func chunkedResponse(_ chunks: String, _ fields: String = "") -> String {
        "HTTP/1.1 200 OK\r\n\(fields)Transfer-Encoding: chunked\r\n\r\n\(chunks)"
    }
}

extension [UpstreamStep] {
    /// Waits for a request and answers it with these bytes.
    static func answer(_ bytes: String) -> [UpstreamStep] { UpstreamStep.answer(bytes) }
}

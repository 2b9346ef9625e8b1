/// Requests that end here: TRACE and OPTIONS that may not be forwarded once more (RFC 9110, section 7.6.2).
extension ClientConnection {
    /// Whether the request whose head was parsed has no forwards left.
    var isLastHop: Bool {
        // What is no number was refused with the head.
        proxy.requestHead.heedsMaxForwards && proxy.requestHead.maxForwards(in: input) == .count(0)
    }

    /// Answers as the final recipient.
    ///
    /// - Returns: Whether the connection goes on.
    nonisolated(nonsending) func answerAsLastHop(headLength: Int) async throws(ExchangeFailure) -> Bool {
        let echo = exchange.method == .trace ? TraceEcho(proxy.requestHead, in: input) : nil
        buffers.provide(&output)
        let size = LastHopAnswer.headSizeMax + (echo?.size ?? 0)
        if output.room < size { output.grow(to: output.count + size) }
        exchange.keepAlive = exchange.keepAlive && !proxy.isStopping
        let date = proxy.date
        let name = exchange.setup.proxyName
        // The body of OPTIONS is read to its end or the connection ends, before the head says which.
        if echo == nil {
            input.consume(headLength)
            try readUpload()
        }
        beginOwnAnswer(status: 200)
        LastHopAnswer(bodySize: echo?.size ?? 0, isTrace: echo != nil).write(
            to: &output, date: date.span.bytes, name: name.span.bytes, keepAlive: exchange.keepAlive,
            clientMinor: exchange.clientMinor)
        if let echo {
            echo.write(proxy.requestHead, in: input, to: &output)
            input.consume(headLength)
        }
        return await sendOwnAnswer()
    }
}

/// The head of an answer that a last hop makes.
struct LastHopAnswer {
    /// More than any head needs beside the names of the proxy and the date: both are shorter than this.
    static let headSizeMax = 1024
    /// All methods that this proxy forwards; others too, but those have no names here.
    private static let allowed: StaticString = "Allow: GET, HEAD, POST, PUT, DELETE, OPTIONS, TRACE, PATCH\r\n"

    let bodySize: Int
    let isTrace: Bool

    /// Writes the head.
    func write(to buffer: inout Buffer, date: RawSpan, name: RawSpan, keepAlive: Bool, clientMinor: UInt8) {
        buffer.append("HTTP/1.1 200 OK\r\n")
        buffer.append(date)
        buffer.append(isTrace ? "Content-Type: message/http\r\n" : Self.allowed)
        buffer.append("Cache-Control: no-store\r\nProxy-Status: ")
        buffer.append(name)
        buffer.append("; error=proxy_internal_response\r\n")
        if !keepAlive {
            buffer.append("Connection: close\r\n")
        } else if clientMinor == 0 {
            buffer.append("Connection: keep-alive\r\n")
        }
        buffer.append("Content-Length: ")
        buffer.append(decimal: bodySize)
        buffer.append("\r\n\r\n")
    }
}

/// The content of an answer to TRACE: the request's head as it came, less what is secret (RFC 9110, section 9.3.8).
struct TraceEcho {
    /// Bytes of content.
    let size: Int

    /// The echo of `head`, whose bytes `buffer` begins with.
    init(_ head: borrowing RequestHead, in buffer: borrowing Buffer) {
        var size = 2
        Self.forEachRun(head, buffer.readable) { size += $0.count }
        self.size = size
    }

    /// Writes it; there is room for ``size`` bytes.
    func write(_ head: borrowing RequestHead, in buffer: borrowing Buffer, to output: inout Buffer) {
        let bytes = buffer.readable
        Self.forEachRun(head, bytes) { output.append(bytes.extracting($0)) }
        output.append("\r\n")
    }

    private static func forEachRun(_ head: borrowing RequestHead, _ bytes: RawSpan, _ body: (Range<Int>) -> Void) {
        var start = Int(head.methodRange.start)
        for field in head.fields where isSecret(field, bytes) {
            if start < Int(field.line.start) { body(start..<Int(field.line.start)) }
            start = Int(field.line.end)
        }
        body(start..<head.fieldsEnd)
    }

    private static func isSecret(_ field: Field, _ bytes: RawSpan) -> Bool {
        switch field.kind {
        case .proxyAuthorization: true
        case .other: bytes.matches(field.name, "authorization") || bytes.matches(field.name, "cookie")
        default: false
        }
    }
}

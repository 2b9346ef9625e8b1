/// An answer that the proxy makes itself: a short problem document (RFC 9457) with a stable type.
struct Problem {
    /// More than any answer needs.
    static let sizeMax = 1024

    private let failure: ExchangeFailure

    /// The answer to `failure`.
    init(_ failure: ExchangeFailure) { self.failure = failure }

    /// Writes the whole response; the buffer has room for ``sizeMax`` bytes.
    ///
    /// - Parameters:
    ///   - date: A ready `Date` line.
    ///   - name: What this proxy calls itself in `Proxy-Status`.
    ///   - keepAlive: Whether the client's connection goes on.
    ///   - omitsBody: For HEAD.
    func write(
        to buffer: inout Buffer, date: RawSpan, name: RawSpan, keepAlive: Bool, clientMinor: UInt8, omitsBody: Bool
    ) {
        buffer.append("HTTP/1.1 ")
        buffer.append(decimal: Int(failure.status))
        buffer.append(" ")
        buffer.append(reason)
        buffer.append("\r\n")
        buffer.append(date)
        buffer.append("Content-Type: application/problem+json\r\nCache-Control: no-store\r\n")
        buffer.append("Proxy-Status: ")
        buffer.append(name)
        buffer.append("; error=")
        buffer.append(failure.proxyError)
        buffer.append("\r\n")
        if failure.status == 503 { buffer.append("Retry-After: 1\r\n") }
        if !keepAlive {
            buffer.append("Connection: close\r\n")
        } else if clientMinor == 0 {
            buffer.append("Connection: keep-alive\r\n")
        }
        buffer.append("Content-Length: ")
        buffer.append(decimal: bodySize)
        buffer.append("\r\n\r\n")
        if !omitsBody { appendBody(to: &buffer) }
    }

    private func appendBody(to buffer: inout Buffer) {
        for part in parts { buffer.append(part) }
        buffer.append(decimal: Int(failure.status))
        for part in endParts { buffer.append(part) }
    }

    private var parts: [StaticString] {
        ["{\"type\":\"urn:sluice:problem:", failure.label, "\",\"title\":\"", reason, "\",\"status\":"]
    }

    private var endParts: [StaticString] { [",\"detail\":\"", failure.detail, "\"}\n"] }

    private var bodySize: Int { (parts + endParts).reduce(3) { $0 + $1.utf8CodeUnitCount } }

    private var reason: StaticString {
        switch failure.status {
        case 400: "Bad Request"
        case 404: "Not Found"
        case 408: "Request Timeout"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 417: "Expectation Failed"
        case 431: "Request Header Fields Too Large"
        case 501: "Not Implemented"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        case 508: "Loop Detected"
        default: "Bad Gateway"
        }
    }
}

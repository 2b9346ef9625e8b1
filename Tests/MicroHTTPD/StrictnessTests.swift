import MicroHTTPD
import Testing
import TestSupport

/// What the library lets through and must not reach a handler, and what must not be refused.
@Suite(.timeLimit(.minutes(1))) struct StrictnessTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var head: String
        var status = 400
        /// The library itself finds the fault, and sends the head of its answer twice (a defect of 0.9.75: after the
        /// first it goes on as if nothing were wrong); the connection is closed after that, so no harm comes of it.
        var isAnsweredTwice = false
        var testDescription: String { name }
    }

    static let refused: [Case] = [
        Case(name: "Host missing", head: "GET / HTTP/1.1\r\n\r\n"),
        Case(name: "Host twice", head: "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
        Case(name: "Host empty", head: "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
        Case(name: "Host with a space", head: "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
        Case(name: "Host with a slash", head: "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
        Case(name: "Host with user information", head: "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"),
        Case(name: "Host with a bad port", head: "GET / HTTP/1.1\r\nHost: a:8x\r\n\r\n"),
        Case(name: "Host list", head: "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
        Case(name: "Host with an open bracket", head: "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
        Case(name: "Host above ASCII", head: "GET / HTTP/1.1\r\nHost: \u{e4}\r\n\r\n"),
        Case(name: "Host twice in 1.0", head: "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
        Case(name: "target and Host differ", head: "GET http://evil/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(
            name: "both lengths",
            head: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"),
        Case(
            name: "two lengths", head: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc"
        ),
        Case(
            name: "lengths that differ",
            head: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc"),
        Case(
            name: "signed length", head: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc",
            isAnsweredTwice: true),
        Case(
            name: "length of letters", head: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
            isAnsweredTwice: true),
        Case(
            name: "length list", head: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\nabc",
            isAnsweredTwice: true),
        Case(
            name: "empty length", head: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\nabc",
            isAnsweredTwice: true),
        Case(
            name: "length too large for anything",
            head: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", status: 413,
            isAnsweredTwice: true),
        Case(name: "coding in 1.0", head: "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Case(
            name: "other coding", head: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            status: 501),
        Case(
            name: "coding that only looks chunked",
            head: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked \r\n\r\n0\r\n\r\n", status: 501),
        Case(
            name: "coding twice",
            head: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            status: 501),
        Case(name: "zero byte in a value", head: "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{0}b\r\n\r\n"),
        Case(name: "zero byte at a value's end", head: "GET / HTTP/1.1\r\nX: a\u{0}\r\nHost: a\r\n\r\n"),
        Case(name: "zero byte in the last value", head: "GET / HTTP/1.1\r\nHost: a\r\nX: \u{0}\r\n\r\n"),
        Case(name: "zero byte in Host", head: "GET / HTTP/1.1\r\nHost: a\u{0}evil\r\n\r\n"),
        Case(name: "zero byte in a name", head: "GET / HTTP/1.1\r\nHost: a\r\nX\u{0}Y: b\r\n\r\n"),
        Case(name: "zero byte in the target", head: "GET /a\u{0}b HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(name: "zero byte in the method", head: "GE\u{0}T / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(name: "control character in a value", head: "GET / HTTP/1.1\r\nHost: a\r\nX: a\u{1}b\r\n\r\n"),
        Case(name: "bare carriage return in a value", head: "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n"),
        Case(name: "delete character in a value", head: "GET / HTTP/1.1\r\nHost: a\r\nX: \u{7f}\r\n\r\n"),
        Case(name: "space before the colon", head: "GET / HTTP/1.1\r\nHost : a\r\n\r\n"),
        Case(name: "no colon", head: "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n"),
        Case(name: "empty name", head: "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n"),
        Case(name: "folded field", head: "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n"),
        Case(name: "folded first field", head: "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
        Case(name: "bare line feed", head: "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"),
        Case(name: "two spaces before the target", head: "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(name: "two spaces after the target", head: "GET /  HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(name: "space in the target", head: "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(name: "target above ASCII", head: "GET /\u{e4} HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(name: "target with a fragment", head: "GET /#a HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(name: "target of another scheme", head: "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(name: "target without a slash", head: "GET a HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(name: "authority form", head: "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n"),
        Case(name: "asterisk with GET", head: "GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(name: "method with a comma", head: "GE,T / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(name: "query that is not UTF-8", head: "GET /?a=%ff HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(name: "malformed chunk", head: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        Case(name: "HTTP/2", head: "GET / HTTP/2.0\r\nHost: a\r\n\r\n", status: 505),
    ]

    @Test("a request that is ambiguous is answered and closed before the handler", arguments: refused)
    func refuses(_ item: Case) async throws {
        let calls = Tally()
        try await withDaemon(handler: { request in
            calls.add()
            return await echo(request)
        }) { daemon in
            try await daemon.client { client in
                try client.send(item.head)
                let response = try client.readResponse()
                #expect(response.status == item.status)
                #expect(response.value("connection")?.lowercased() == "close")
                let rest = try client.readToEnd()
                if !item.isAnsweredTwice { #expect(rest.isEmpty, "\(String(decoding: rest, as: UTF8.self))") }
            }
        }
        #expect(calls.count == 0)
    }

    @Test("a refusal is a problem document")
    func problem() async throws {
        try await withDaemon { daemon in
            let response = try await daemon.client { client in
                try client.send("GET / HTTP/1.1\r\n\r\n")
                return try client.readResponse()
            }
            #expect(response.value("content-type") == "application/problem+json")
            let expected =
                #"{"type":"about:blank","title":"Bad Request","status":400,"detail":"the Host field is missing"}"#
            #expect(response.text == expected + "\n")
        }
    }

    static let accepted: [Case] = [
        Case(name: "no Host in 1.0", head: "GET /p HTTP/1.0\r\n\r\n"),
        Case(name: "IPv6 Host", head: "GET /p HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"),
        Case(name: "Host with a port", head: "GET /p HTTP/1.1\r\nHost: a.example:8080\r\n\r\n"),
        Case(name: "Host with a tab around", head: "GET /p HTTP/1.1\r\nhOsT:\t a \t\r\n\r\n"),
        Case(name: "no space after the colon", head: "GET /p HTTP/1.1\r\nHost:a\r\nX:b\r\n\r\n"),
        Case(name: "empty value", head: "GET /p HTTP/1.1\r\nHost: a\r\nX:\r\nY: \r\n\r\n"),
        Case(name: "value above ASCII", head: "GET /p HTTP/1.1\r\nHost: a\r\nX: \u{e4}\r\n\r\n"),
        Case(name: "absolute form", head: "GET http://A/p HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(name: "absolute form in 1.0", head: "GET HTTP://a/p HTTP/1.0\r\n\r\n"),
        Case(name: "empty lines before", head: "\r\n\r\nGET /p HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(name: "unknown method", head: "BREW /p HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(name: "query", head: "GET /p?a=%zz&&b==&c HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(name: "cookies", head: "GET /p HTTP/1.1\r\nHost: a\r\nCookie: a=b; c=d\r\nCookie: e\r\nX: y\r\n\r\n"),
        Case(name: "length of zero", head: "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"),
        Case(name: "no length", head: "POST /p HTTP/1.1\r\nHost: a\r\n\r\n"),
        Case(
            name: "chunked in capitals",
            head: "POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n"),
        Case(
            name: "trailers", head: "POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n"
        ),
    ]

    @Test("a request that is unusual but clear is served", arguments: accepted, [false, true])
    func accepts(_ item: Case, byteByByte: Bool) async throws {
        try await withDaemon { daemon in
            let response = try await daemon.client { client in
                if byteByByte {
                    for byte in item.head.utf8 { try client.send([byte]) }
                } else {
                    try client.send(item.head)
                }
                return try client.readResponse()
            }
            #expect(response.status == 200, "\(response.text)")
            #expect(response.text.split(separator: "\n").first?.hasSuffix(" /p") == true)
        }
    }
}

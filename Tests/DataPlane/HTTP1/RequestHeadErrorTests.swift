import Testing

@testable import DataPlane

@Suite("bad request heads")
struct RequestHeadErrorTests {
    struct Bad: Sendable, CustomTestStringConvertible {
        var name: String
        var text: String
        var error: HTTP1Error
        var testDescription: String { name }

        init(_ name: String, _ text: String, _ error: HTTP1Error) {
            self.name = name
            self.text = text
            self.error = error
        }

        /// A request with one more field line.
        init(_ name: String, field: String, _ error: HTTP1Error) {
            self.init(name, "POST / HTTP/1.1\r\nHost: h\r\n\(field)\r\n\r\n", error)
        }
    }

    static let lines: [Bad] = [
        Bad("RFC 9112, 2.2: too many empty lines", "\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n", .malformedRequestLine),
        Bad("RFC 9112, 2.2: a bare LF before it", "\nGET / HTTP/1.1\r\n", .bareLineFeed),
        Bad("RFC 9112, 2.2: a bare CR before it", "\rGET / HTTP/1.1\r\n", .bareCarriageReturn),
        Bad("RFC 9112, 3: no method", " / HTTP/1.1\r\n", .malformedRequestLine),
        Bad("RFC 9112, 3: a method that is no token", "G(T / HTTP/1.1\r\n", .invalidMethod),
        Bad("RFC 9112, 3: a method with a high byte", "G\u{C3}T / HTTP/1.1\r\n", .invalidMethod),
        Bad("RFC 9112, 3: NUL first", "\0GET / HTTP/1.1\r\n", .invalidMethod),
        Bad("RFC 9112, 3: a tab for a blank", "GET\t/ HTTP/1.1\r\n", .malformedRequestLine),
        Bad("RFC 9112, 3: two blanks", "GET  / HTTP/1.1\r\n", .malformedRequestLine),
        Bad("RFC 9112, 3: two blanks before the version", "GET /  HTTP/1.1\r\n", .malformedRequestLine),
        Bad("RFC 9112, 3: a blank at the end", "GET / HTTP/1.1 \r\n", .malformedRequestLine),
        Bad("RFC 9112, 3: no version", "GET /\r\n\r\n", .malformedRequestLine),
        Bad("RFC 9112, 3: a short version", "GET / HTTP/1\r\n\r\n", .malformedRequestLine),
        Bad("RFC 9112, 3: a long version", "GET / HTTP/1.10\r\n", .malformedRequestLine),
        Bad("RFC 9112, 2.3: the name knows its case", "GET / http/1.1\r\n", .malformedRequestLine),
        Bad("RFC 9112, 2.3: another protocol", "GET / RTSP/1.1\r\n", .malformedRequestLine),
        Bad("RFC 9112, 2.3: version 2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .invalidTarget),
        Bad("RFC 9112, 2.3: version 2 with a path", "GET / HTTP/2.0\r\n", .unsupportedVersion),
        Bad("RFC 9112, 2.3: version 0.9", "GET / HTTP/0.9\r\n", .unsupportedVersion),
        Bad("RFC 9112, 2.2: a bare LF at the end", "GET / HTTP/1.1\nHost: h\r\n\r\n", .bareLineFeed),
        Bad("RFC 9112, 2.2: a bare LF at the very end", "GET / HTTP/1.1\n", .bareLineFeed),
        Bad("RFC 9112, 2.2: a bare CR at the end", "GET / HTTP/1.1\rHost: h\r\n", .bareCarriageReturn),
        Bad("RFC 9112, 3.2: a fragment", "GET /#a HTTP/1.1\r\n", .invalidTarget),
        Bad("RFC 9112, 3.2: a high byte", "GET /\u{E4} HTTP/1.1\r\n", .invalidTarget),
        Bad("RFC 9112, 3.2: NUL", "GET /\0 HTTP/1.1\r\n", .invalidTarget),
        Bad("RFC 9112, 3.2: DEL", "GET /abcdefgh\u{7F} HTTP/1.1\r\n", .invalidTarget),
        Bad("RFC 9112, 3.2: neither path nor URI", "GET a HTTP/1.1\r\n", .invalidTarget),
        Bad("RFC 9112, 3.2.2: another scheme", "GET ftp://h/ HTTP/1.1\r\n", .invalidTarget),
        Bad("RFC 9110, 7.4: https in the open", "GET https://h/ HTTP/1.1\r\n", .invalidTarget),
        Bad("RFC 9110, 4.2.1: no host", "GET http:///a HTTP/1.1\r\n", .invalidTarget),
        Bad("RFC 9110, 4.2.4: user information", "GET http://u:p@h/ HTTP/1.1\r\n", .invalidTarget),
        Bad("RFC 9112, 3.2.3: CONNECT without port", "CONNECT h HTTP/1.1\r\n", .invalidTarget),
        Bad("RFC 9112, 3.2.3: CONNECT with an empty port", "CONNECT h: HTTP/1.1\r\n", .invalidTarget),
        Bad("RFC 9110, 9.3.6: CONNECT to port zero", "CONNECT h:00 HTTP/1.1\r\n", .invalidTarget),
        Bad("RFC 9110, 9.3.6: CONNECT to a port too high", "CONNECT h:65536 HTTP/1.1\r\n", .invalidTarget),
        Bad("RFC 9112, 3.2.3: CONNECT with a scheme", "CONNECT http://h:1/ HTTP/1.1\r\n", .invalidTarget),
        Bad("RFC 9112, 3.2.3: CONNECT with user information", "CONNECT u@h:1 HTTP/1.1\r\n", .invalidTarget),
        Bad("RFC 9112, 3.2.3: CONNECT with a path", "CONNECT /h:1 HTTP/1.1\r\n", .invalidTarget),
        Bad("RFC 9112, 3.2.4: the asterisk without OPTIONS", "GET * HTTP/1.1\r\n", .invalidTarget),
    ]

    static let fields: [Bad] = [
        Bad("RFC 9112, 5.1: a blank before the colon", field: "A : b", .blankBeforeColon),
        Bad("RFC 9112, 5.1: a tab before the colon", field: "Content-Length\t: 5", .blankBeforeColon),
        Bad("RFC 9112, 5.2: a folded line", field: "A: b\r\n c", .obsoleteFolding),
        Bad("RFC 9112, 5.2: a line folded by a tab", field: "A: b\r\n\tc", .obsoleteFolding),
        Bad("RFC 9112, 2.2: a blank before the first field", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", .obsoleteFolding),
        Bad("RFC 9110, 5.1: no name", field: ": b", .invalidFieldName),
        Bad("RFC 9110, 5.1: no colon", field: "A", .invalidFieldName),
        Bad("RFC 9110, 5.1: a name that is no token", field: "A@b: c", .invalidFieldName),
        Bad("RFC 9110, 5.1: a name with NUL", field: "A\0: c", .invalidFieldName),
        Bad("RFC 9110, 5.1: a name with a high byte", field: "abcdefghi\u{E4}: c", .invalidFieldName),
        Bad("RFC 9110, 5.1: a name with a bracket", field: "Accept[: c", .invalidFieldName),
        Bad("RFC 9110, 5.5: NUL in a value", field: "A: b\0c", .controlCharacter),
        Bad("RFC 9110, 5.5: ESC in a value", field: "A: bcdefghijklmnop\u{1B}", .controlCharacter),
        Bad("RFC 9110, 5.5: DEL in a value", field: "A: bcdefghijklmnop\u{7F}qrstuvwxyz", .controlCharacter),
        Bad("RFC 9112, 2.2: a bare CR in a value", field: "A: b\rc", .bareCarriageReturn),
        Bad("RFC 9112, 2.2: two CR at its end", field: "A: b\r", .bareCarriageReturn),
        Bad("RFC 9112, 2.2: a bare LF in a value", field: "A: b\nc: d", .bareLineFeed),
        Bad("RFC 9112, 2.2: a bare LF in a name", field: "A\nb: d", .bareLineFeed),
        Bad("RFC 9112, 2.2: a bare LF for the empty line", "GET / HTTP/1.1\r\nHost: h\r\n\n", .bareLineFeed),
        Bad("RFC 9112, 2.2: a bare CR for the empty line", "GET / HTTP/1.1\r\nHost: h\r\n\rA", .bareCarriageReturn),
        Bad("RFC 9112, 3.2: no Host", "GET / HTTP/1.1\r\n\r\n", .missingHost),
        Bad("RFC 9112, 3.2: no Host, absolute target", "GET http://h/ HTTP/1.1\r\n\r\n", .missingHost),
        Bad("RFC 9112, 3.2: two Host fields", field: "Host: h", .repeatedHost),
        Bad("RFC 9112, 3.2: two in HTTP/1.0", "GET / HTTP/1.0\r\nHost: h\r\nHOST: h\r\n\r\n", .repeatedHost),
        Bad("RFC 9110, 10.1.1: an unknown expectation", field: "Expect: 200-ok", .unknownExpectation),
        Bad("RFC 9110, 10.1.1: no expectation", field: "Expect:", .unknownExpectation),
        Bad(
            "RFC 9110, 10.1.1: twice the same expectation", field: "Expect: 100-continue\r\nExpect: 100-continue",
            .unknownExpectation),
        Bad("RFC 9110, 7.6.1: options that are no tokens", field: "Connection: a b", .invalidConnection),
        Bad(
            "RFC 9110, 7.6.1: too many options", field: "Connection: \(String(repeating: "a,", count: 33))",
            .invalidConnection),
    ]

    static let framing: [Bad] = [
        Bad(
            "RFC 9112, 6.3: length and chunked", field: "Content-Length: 5\r\nTransfer-Encoding: chunked",
            .lengthWithTransferEncoding),
        Bad(
            "RFC 9112, 6.3: chunked and length", field: "Transfer-Encoding: chunked\r\nContent-Length: 5",
            .lengthWithTransferEncoding),
        Bad("RFC 9112, 6.3: two lengths", field: "Content-Length: 5\r\nContent-Length: 6", .repeatedContentLength),
        Bad("RFC 9112, 6.3: twice the same", field: "Content-Length: 5\r\nContent-Length: 5", .repeatedContentLength),
        Bad("RFC 9112, 6.3: a list of the same", field: "Content-Length: 5, 5", .repeatedContentLength),
        Bad("RFC 9112, 6.3: a list", field: "Content-Length: 5,6", .repeatedContentLength),
        Bad("RFC 9110, 8.6: no number", field: "Content-Length: a", .invalidContentLength),
        Bad("RFC 9110, 8.6: nothing", field: "Content-Length:", .invalidContentLength),
        Bad("RFC 9110, 8.6: a sign", field: "Content-Length: +5", .invalidContentLength),
        Bad("RFC 9110, 8.6: a negative", field: "Content-Length: -5", .invalidContentLength),
        Bad("RFC 9110, 8.6: a blank inside", field: "Content-Length: 5 6", .invalidContentLength),
        Bad("RFC 9110, 8.6: hexadecimal", field: "Content-Length: 0x5", .invalidContentLength),
        Bad("RFC 9110, 8.6: a fraction", field: "Content-Length: 5.0", .invalidContentLength),
        Bad("RFC 9110, 8.6: one too many", field: "Content-Length: 9223372036854775808", .invalidContentLength),
        Bad("RFC 9110, 8.6: far too many", field: "Content-Length: 99999999999999999999", .invalidContentLength),
        Bad("RFC 9110, 8.6: wraps to five", field: "Content-Length: 18446744073709551621", .invalidContentLength),
        Bad("RFC 9110, 8.6: other digits", field: "Content-Length: \u{B2}", .invalidContentLength),
        Bad("RFC 9112, 6.3: not chunked", field: "Transfer-Encoding: gzip", .invalidTransferEncoding),
        Bad("RFC 9112, 6.1: gzip, then chunked", field: "Transfer-Encoding: gzip, chunked", .unknownTransferCoding),
        Bad("RFC 9112, 6.1: two more codings", field: "Transfer-Encoding: a, b,\tChunked", .unknownTransferCoding),
        Bad("RFC 9112, 6.3: chunked, then gzip", field: "Transfer-Encoding: chunked, gzip", .invalidTransferEncoding),
        Bad(
            "RFC 9112, 6.1: chunked around gzip", field: "Transfer-Encoding: chunked, gzip, chunked",
            .invalidTransferEncoding),
        Bad("RFC 9112, 6.3: identity", field: "Transfer-Encoding: identity", .invalidTransferEncoding),
        Bad("RFC 9112, 6.3: almost chunked", field: "Transfer-Encoding: xchunked", .invalidTransferEncoding),
        Bad("RFC 9112, 6.3: chunked and more", field: "Transfer-Encoding: chunked x", .invalidTransferEncoding),
        Bad(
            "RFC 9112, 6.1: gzip in a field before", field: "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
            .invalidTransferEncoding),
        Bad("RFC 9112, 6.1: chunked twice", field: "Transfer-Encoding: chunked, chunked", .invalidTransferEncoding),
        Bad(
            "RFC 9112, 6.1: two fields", field: "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            .invalidTransferEncoding),
        Bad("RFC 9112, 6.1: nothing", field: "Transfer-Encoding:", .invalidTransferEncoding),
        Bad("RFC 9112, 6.1: an empty element", field: "Transfer-Encoding: chunked,", .invalidTransferEncoding),
        Bad("RFC 9112, 6.1: a parameter", field: "Transfer-Encoding: chunked;a=b", .invalidTransferEncoding),
        Bad("RFC 9112, 6.1: in quotes", field: "Transfer-Encoding: \"chunked\"", .invalidTransferEncoding),
        Bad("RFC 9112, 6.1: a vertical tab before it", field: "Transfer-Encoding: \u{0B}chunked", .controlCharacter),
        Bad(
            "RFC 9112, 6.1: in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
            .transferEncodingInOldVersion),
    ]

    static let hosts = [
        "a b", "a/b", "a@b", "u:p@h", "h:1:2", "h:x", "h:65536", "h:123456", ":80", ":", "[::1", "[::1]x", "[]",
        "[g::1]",
        "[1]", "::1", "a%2", "a%zz", "a?b", "a#b", "a\\b", "\"a\"", "a<b", "h\u{E4}", "[::1]:", "a|b", "[::1]@h",
        "h:8a",
        "h:1/2", "h:12345a", "abcdefgh/", "abcdefg@h",
    ]

    @Test("lines", arguments: lines)
    func badLine(_ bad: Bad) { #expect(tryRequest(bad.text) == .failed(bad.error)) }

    @Test("fields", arguments: fields)
    func badField(_ bad: Bad) { #expect(tryRequest(bad.text) == .failed(bad.error)) }

    @Test("framing", arguments: framing)
    func badFraming(_ bad: Bad) { #expect(tryRequest(bad.text) == .failed(bad.error)) }

    @Test("hosts: RFC 9112, 3.2", arguments: hosts)
    func badHost(_ host: String) {
        let outcome = tryRequest("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")
        if host == "[::1]:" {
            guard case .head = outcome else {
                Issue.record("an empty port is a port")
                return
            }
        } else {
            #expect(outcome == .failed(.invalidHost))
        }
    }

    @Test(
        "an absolute target that names another host: RFC 9112, 3.2.2",
        arguments: [("h", "g"), ("h:80", "h:81"), ("h", "h.a"), ("h", ""), ("h:8080", "h")])
    func mismatch(target: String, host: String) {
        let outcome = tryRequest("GET http://\(target)/ HTTP/1.1\r\nHost: \(host)\r\n\r\n")
        #expect(outcome == .failed(.hostMismatch))
    }

    @Test("errors have a status, a label of their own and a sentence")
    func errors() {
        var labels: Set<String> = []
        for error in HTTP1Error.allCases {
            #expect([400, 414, 417, 431, 501, 505].contains(error.status))
            #expect(labels.insert("\(error.label)").inserted, "\(error.label)")
            #expect("\(error.detail)".hasSuffix("."))
        }
    }
}

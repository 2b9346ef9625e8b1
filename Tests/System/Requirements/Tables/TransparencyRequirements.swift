/// What passes untouched, since an intermediary without a cache has no business with it: RFC 9110, sections 7.7 and 8
/// to 15, and RFC 9111.
enum TransparencyRequirements {
    static let all: [Requirement] = requestFields + responseFields + nothingAdded + bodies + cache

    private static func request(_ section: String, _ name: String, _ line: String) -> Requirement {
        let field = line.prefix { $0 != ":" }.lowercased() + line.drop { $0 != ":" }
        return .must(
            "\(section)-request-\(name)", "A field of a request that is not of one connection passes untouched.",
            .get("/", "\(line)\r\n"), .forwarded(has: [field]),
            .answered(200, body: "ok"))
    }

    private static let requestFields: [Requirement] = [
        request("9110-14.2", "range", "Range: bytes=0-0,-1"),
        request("9110-14.2", "range-unit", "Range: seconds=1-2"),
        request("9110-13.1.1", "if-match", "If-Match: \"a\", \"b\""),
        request("9110-13.1.2", "if-none-match", "If-None-Match: W/\"a\", *"),
        request("9110-13.1.3", "if-modified-since", "If-Modified-Since: Sat, 29 Oct 1994 19:43:31 GMT"),
        request("9110-13.1.4", "if-unmodified-since", "If-Unmodified-Since: Sat, 29 Oct 1994 19:43:31 GMT"),
        request("9110-13.1.5", "if-range", "If-Range: \"a\""),
        request("9110-11.6.2", "authorization", "Authorization: Basic dXNlcjpwYXNz"),
        request("9110-11.6.2", "authorization-bearer", "Authorization: Bearer a.b-c_d~e+f/g=="),
        request("9110-12.5.1", "accept", "Accept: text/html;q=0.8, */*;q=0"),
        request("9110-12.5.3", "accept-encoding", "Accept-Encoding: br, gzip;q=0.5, identity;q=0"),
        request("9110-12.5.4", "accept-language", "Accept-Language: de-AT, en;q=0.1"),
        request("9110-10.1.5", "user-agent", "User-Agent: odd/1 (a; b) \u{E9}"),
        request("9110-10.1.3", "referer", "Referer: http://a.example/x?y"),
        request("9110-6.6.1", "date", "Date: Sun, 06 Nov 1994 08:49:37 GMT"),
        request("6265-5.4", "cookie", "Cookie: a=1; b=\"2\"; $Version=1"),
        request("9111-5.2.1", "no-cache", "Cache-Control: no-cache"),
        request("9111-5.2.1.7", "only-if-cached", "Cache-Control: only-if-cached"),
        request("9111-5.2.1", "max-stale", "Cache-Control: max-stale=9, max-age=0, ext=\"a,b\""),
        request("9111-5.4", "pragma", "Pragma: no-cache"),
        request("9218-4", "priority", "Priority: u=1, i"),
        request("7240-2", "prefer", "Prefer: respond-async, wait=10"),
        request("6455-11.3.1", "websocket-key-alone", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
        request("8470-5.1", "early-data", "Early-Data: 1"),
        request("9110-11.7.1", "proxy-authorization", "Proxy-Authorization: Basic dXNlcjpwYXNz"),
        request("9110-15.5.14", "x-http-method-override", "X-HTTP-Method-Override: DELETE"),
        .must(
            "6265-5.4-request-cookies", "Lines of Cookie stay apart and in order.",
            .get("/", "Cookie: a=1\r\nCookie: b=2\r\n"), .requestLines("cookie", ["a=1", "b=2"]),
            .answered(200)),
        .must(
            "9110-8.3-request-content-fields", "Fields about the content pass with it.",
            .post(
                "Content-Type: text/x; charset=\"odd\"\r\nContent-Encoding: gzip\r\nContent-Language: de\r\n"
                    + "Content-Location: /x\r\nContent-Length: 3\r\n", "\u{1F}\u{8B}\u{0}"),
            .forwarded(
                has: [
                    "content-type: text/x; charset=\"odd\"", "content-encoding: gzip", "content-language: de",
                    "content-location: /x", "content-length: 3",
                ], body: "\u{1F}\u{8B}\u{0}"), .answered(200)),
    ]

    private static func response(_ section: String, _ name: String, _ line: String, status: String = "200 OK")
        -> Requirement
    {
        let value = String(line.drop { $0 != ":" }.dropFirst().drop { $0 == " " })
        return .relayed(
            "\(section)-response-\(name)", "A field of a response that is not of one connection passes untouched.",
            .response("\(line)\r\n", status: status), .answered(Int(status.prefix(3)) ?? 0, body: "ok"),
            .answerLines(line.prefix { $0 != ":" }.lowercased(), [value]))
    }

    private static let responseFields: [Requirement] = [
        response("9111-5.1", "age", "Age: 100"), response("9111-5.5", "warning", "Warning: 110 a \"stale\""),
        response("9111-5.2.2", "cache-control", "Cache-Control: private=\"set-cookie\", max-age=0"),
        response("9111-5.2.2.6", "no-transform", "Cache-Control: no-transform"),
        response("9111-5.3", "expires", "Expires: 0"), response("9110-8.8.3", "etag", "ETag: W/\"a b\""),
        response("9110-8.8.2", "last-modified", "Last-Modified: Tue, 15 Nov 1994 12:45:26 GMT"),
        response("9110-12.5.5", "vary", "Vary: *"), response("9110-10.2.4", "server", "Server: odd/1 (a)"),
        response("9110-6.6.1", "date", "Date: Sun, 06 Nov 1994 08:49:37 GMT"),
        response("9110-10.2.2", "location", "Location: http://127.0.0.1:1/x", status: "302 Found"),
        response("9110-8.7", "content-location", "Content-Location: /other"),
        response("9110-10.2.3", "retry-after", "Retry-After: 120", status: "503 Later"),
        response(
            "9110-11.6.1", "www-authenticate", "WWW-Authenticate: Basic realm=\"a\", Digest realm=\"b\"",
            status: "401 No"),
        response("9110-11.7.1", "proxy-authenticate", "Proxy-Authenticate: Basic", status: "407 No"),
        response("9110-11.6.3", "authentication-info", "Authentication-Info: nextnonce=\"a\""),
        response("9110-10.2.1", "allow", "Allow:", status: "405 No"),
        response("9110-14.3", "accept-ranges", "Accept-Ranges: bytes"),
        response("9110-14.4", "content-range", "Content-Range: bytes 0-1/100", status: "206 Partial Content"),
        response("9110-14.4", "content-range-none", "Content-Range: bytes */100", status: "416 No"),
        response("9110-8.3", "content-type", "Content-Type: multipart/byteranges; boundary=\"a b\""),
        response("9110-8.3", "no-sniffing", "Content-Type: text/plain"),
        response("7838-3", "alt-svc", "Alt-Svc: h2=\":443\"; ma=1"),
        response("6797-6.1", "strict-transport-security", "Strict-Transport-Security: max-age=1"),
        response("8288-3", "link", "Link: </a>; rel=\"b\", </c>"),
        response("9209-2", "proxy-status", "Proxy-Status: other; error=connection_timeout", status: "504 Late"),
        response("9110-6.6.2", "trailer", "Trailer: X-Sum"),
        .relayed(
            "9110-11.6.1-response-two-challenges", "Lines of WWW-Authenticate stay apart and in order.",
            .response("WWW-Authenticate: Negotiate\r\nWWW-Authenticate: Basic realm=\"a\"\r\n", status: "401 No"),
            .answered(401),
            .answerLines("www-authenticate", ["Negotiate", "Basic realm=\"a\""])),
    ]

    private static let nothingAdded: [Requirement] = [
        .must(
            "9110-7.7-request-nothing-added", "Nothing is added to a request that speaks for its client.", .get("/x"),
            .forwarded(
                startsWith: "GET /x HTTP/1.1",
                lacks: [
                    "user-agent:", "accept:", "accept-encoding:", "cookie:", "content-length:", "content-type:",
                    "transfer-encoding:", "expect:", "cache-control:", "pragma:", "connection: keep-alive",
                ]), .answered(200)),
        .relayed(
            "9110-7.7-response-nothing-added", "Nothing is added to a response that speaks for its server.",
            .response("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
            .answered(
                200,
                lacks: [
                    "server:", "content-type:", "age:", "warning:", "etag:", "cache-control:", "expires:",
                    "accept-ranges:", "proxy-status:", "connection:", "keep-alive:",
                ])),
        .relayed(
            "9110-6.6.1-date-added", "A response without Date gets one.", .response(),
            .that { evidence in
                let dates = evidence.answers.first?.values("date") ?? []
                let form =
                    /(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT/
                return dates.count == 1 && dates[0].wholeMatch(of: form) != nil ? [] : ["Date is \(dates)"]
            }),
        .relayed(
            "9110-6.6.1-date-once", "A response with Date gets no second one.",
            .response("dAtE: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
            .that { evidence in
                let dates = evidence.answers.first?.values("date") ?? []
                return dates == ["Sun, 06 Nov 1994 08:49:37 GMT"] ? [] : ["Date is \(dates)"]
            }),
        .relayed(
            "9110-6.6.1-date-error", level: .should, "An error without Date gets one too.",
            .response(status: "500 No"), .answered(500, has: ["date: *"])),
        .must(
            "9111-5.1-age-not-invented", "Age is not generated by who has no cache.", .get(),
            upstream: .answer(.response("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n")), .answered(200, lacks: ["age:"])),
    ]

    private static let every = String(String.UnicodeScalarView((0..<256).compactMap { Unicode.Scalar($0) }))

    private static let bodies: [Requirement] = [
        .must(
            "9110-7.7-request-body", "The content of a request is not changed.",
            .post("Content-Length: 256\r\n", every), .forwarded(body: every), .answered(200)),
        .must(
            "9110-7.7-request-chunks", "The content of a chunked request is not changed.",
            .chunked("100\r\n\(every)\r\n0\r\n\r\n"), .forwarded(body: every), .answered(200)),
        .relayed(
            "9110-7.7-response-body", "The content of a response is not changed.", .response(body: every),
            .answered(200, body: every)),
        .relayed(
            "9110-7.7-response-chunks", "The content of a chunked response is not changed.",
            .chunkedResponse("100\r\n\(every)\r\n0\r\n\r\n"), .answered(200, body: every)),
        .relayed(
            "9110-8.4-response-encoding", "Encoded content is not decoded.",
            .response("Content-Encoding: gzip\r\n", body: "\u{1F}\u{8B}\u{8}\u{0}broken"),
            .answered(200, has: ["content-encoding: gzip"], body: "\u{1F}\u{8B}\u{8}\u{0}broken")),
        .relayed(
            "9110-7.7-response-large", "A body of a megabyte comes whole.",
            .response(body: String(repeating: "0123456789abcdef", count: 65_536)),
            .answered(200, body: String(repeating: "0123456789abcdef", count: 65_536))),
        .must(
            "9110-7.7-request-large", "A body of a megabyte goes up whole.",
            .post("Content-Length: 1048576\r\n", String(repeating: "0123456789abcdef", count: 65_536)),
            .forwarded(body: String(repeating: "0123456789abcdef", count: 65_536)), .answered(200)),
    ]

    private static func twice(_ id: String, _ sentence: String, _ fields: String) -> Requirement {
        .mustNot(
            "9111-4-\(id)", sentence,
            [.send(ClientScript.get("/x").sent), .wait("one"), .send(ClientScript.get("/x").sent)],
            upstream: .answer(.response(fields, body: "one")) + .answer(.response(fields, body: "two")),
            .answered(200, body: "one"), .answered(200, body: "two", at: 1), .requests(2), .upstreamSocket(.reused))
    }

    private static let cache: [Requirement] = [
        twice("fresh", "A response is not used twice, fresh as it may be.", "Cache-Control: public, max-age=3600\r\n"),
        twice(
            "immutable", "A response that never changes is not used twice.",
            "Cache-Control: immutable, max-age=9\r\nETag: \"a\"\r\n"),
        twice(
            "expires", "A response that expires later is not used twice.",
            "Expires: Thu, 01 Dec 2094 16:00:00 GMT\r\n"),
        .mustNot(
            "9111-4.2.4-stale-if-error", "No stored response answers for an upstream that fails.",
            [.send(ClientScript.get("/x").sent), .wait("one"), .waitUpstreamEnd, .send(ClientScript.get("/x").sent)],
            upstream: [
                .request,
                .send(.response("Connection: close\r\nCache-Control: max-age=9, stale-if-error=9\r\n", body: "one")),
                .close, .request, .close,
            ], .answered(200, body: "one"), .answered(502, at: 1)),
        .mustNot(
            "9111-4.3-no-validation", "A 304 is the client's to understand, asked for or not.", .get(),
            upstream: .answer("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n"),
            .forwarded(lacks: ["if-none-match:", "if-modified-since:"]), .answered(304)),
        .mustNot(
            "9110-14.2-range-not-applied", "A range is the server's to apply.", .get("/", "Range: bytes=0-0\r\n"),
            upstream: .answer(.response(body: "whole")), .answered(200, body: "whole")),
    ]
}

/// Whole attacks: requests that a proxy and a server behind it could take for different ones, end to end.
///
/// The names are those of the research: who goes by Content-Length (CL), by Transfer-Encoding (TE), or by neither (0).
enum DesyncRequirements {
    static let all = refused + framedAlike + answeredEarly + leftAlone

    private static let smuggled = "GET /b HTTP/1.1\r\nHost: a.example\r\n\r\n"
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst"

    private static let refused: [Requirement] = [
        .may(
            "9112-11.2-cl-te-get", "CL.TE: a request behind the last chunk, within the length, is not passed on.",
            .post("Content-Length: 41\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n\(smuggled)"), .refused([400])),
        .may(
            "9112-11.2-te-cl-get", "TE.CL: a request within a chunk, past the length, is not passed on.",
            .post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "24\r\n\(smuggled)\r\n0\r\n\r\n"),
            .refused([400])),
        .may(
            "9112-11.2-cl-te-close", "CL.TE with close is refused like another.",
            .post("Connection: close\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nG"),
            .refused([400])),
        .may(
            "9112-11.2-cl-te-case", "CL.TE in any spelling is refused.",
            .post("cONTENT-LENGTH: 6\r\ntRANSFER-ENCODING: CHUNKED\r\n", "0\r\n\r\nG"), .refused([400])),
        .may(
            "9112-11.2-cl-te-get-method", "CL.TE in a GET is refused.",
            .get("/", "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n"), .refused([400])),
        .may(
            "9112-11.2-cl-te-apart", "CL.TE with many fields between the two is refused.",
            .post(
                "Content-Length: 6\r\n\(String(repeating: "X: 1\r\n", count: 80))Transfer-Encoding: chunked\r\n",
                "0\r\n\r\nG"), .refused([400])),
        .may(
            "9112-11.2-cl-te-connection", "CL.TE is refused though Connection names one of the two.",
            .post("Connection: Content-Length\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nG"),
            .refused([400])),
        .must(
            "9112-11.2-te-te", "TE.TE: a good coding beside one in disguise is refused.",
            .post("Transfer-Encoding: chunked\r\nTransfer-Encoding : identity\r\n", "0\r\n\r\n"), .refused([400])),
        .must(
            "9112-11.2-te-te-x", "TE.TE: chunked and then an unknown coding is refused.",
            .post("Transfer-Encoding: chunked\r\nTransfer-encoding: x\r\n", "0\r\n\r\n"), .refused([400])),
        .must(
            "9112-11.2-cl-cl", "CL.CL: the first and the last length must be one.",
            .post("Content-Length: 36\r\nContent-Length: 0\r\n", smuggled), .refused([400])),
        .may(
            "9112-11.2-injected-lf", "A field injected behind a bare LF is refused with its line.",
            .get("/", "X: 1\nX-Injected: 1\r\n"), .refused([400])),
        .must(
            "9112-11.1-injected-nul", "What stands behind NUL is not cut off: the request is refused.",
            .get("/", "X: 1\0\r\nX-Secret: 2\r\n"), .refused([400])),
    ]

    /// Bodies of requests that servers are known to take for bodiless (CL.0): the proxy frames them by the letter.
    private static let framedAlike: [Requirement] = [
        framed("get", "GET"), framed("head", "HEAD"), framed("delete", "DELETE"), framed("options", "OPTIONS"),
        framed("put", "PUT"), framed("unknown", "FROB"),
        .must(
            "9112-11.2-options-star-body", "A body of OPTIONS * is a body.",
            "OPTIONS * HTTP/1.1\r\nHost: a.example\r\nContent-Length: 36\r\n\r\n\(smuggled)",
            .forwarded(body: smuggled),
            .requests(1), .answered(200), .connection(.reused)),
        .must(
            "9112-11.2-zero-then-request", "What follows a length of zero is a request of its own, to both sides.",
            ClientScript("\(ClientScript.post("Content-Length: 0\r\n").sent)\(smuggled)"),
            .forwarded(has: ["content-length: 0"], body: ""), .forwarded(startsWith: "GET /b HTTP/1.1", at: 1),
            .requests(2), .answered(200, at: 1)),
        .must(
            "9112-11.2-length-then-request", "The byte after the body begins the next request.",
            ClientScript("\(ClientScript.post("Content-Length: 1\r\n", "G").sent)\(smuggled)"),
            .forwarded(body: "G"), .forwarded(startsWith: "GET /b HTTP/1.1", at: 1), .requests(2),
            .answered(200, at: 1)),
        .must(
            "9112-11.2-octal", "A length with leading zeros is decimal, to both sides.",
            .post("Content-Length: 010\r\n", "0123456789"), .forwarded(body: "0123456789"), .requests(1),
            .connection(.reused)),
        .must(
            "9112-11.2-like-coding", "Fields that only resemble framing do not frame, with a length beside them.",
            .post(
                "Content-Length: 5\r\nTransfer_Encoding: chunked\r\nX-Transfer-Encoding: chunked\r\nTE: trailers\r\n"
                    + "Transfer-Encodings: chunked\r\nContent-Lengths: 3\r\n", "hello"),
            .forwarded(body: "hello"), .requests(1), .connection(.reused)),
    ]

    private static func framed(_ name: String, _ method: String) -> Requirement {
        .must(
            "9112-11.2-cl-0-\(name)", "CL.0: the body of \(method) is a body, though it looks like a request.",
            ClientScript("\(method) /a HTTP/1.1\r\nHost: a.example\r\nContent-Length: 36\r\n\r\n\(smuggled)"),
            upstream: [.request, .send("HTTP/1.1 204 No Content\r\n\r\n")], .forwarded(body: smuggled), .requests(1),
            .answered(204), .connection(.reused))
    }

    /// The upstream answers before it has read the body: what comes of the body is never a request.
    private static let answeredEarly: [Requirement] = [
        early("in-one-piece", "0.CL: a body that came with its head stays a body.", [.send(post + smuggled)]),
        early(
            "afterwards", "0.CL: a body that comes after the answer stays a body.",
            [.send(post), .wait("first"), .send(smuggled)]),
        early(
            "in-two-pieces", "0.CL: a body of which half came before the answer stays a body.",
            [.send(post + "GET /b HTTP/1.1\r\n"), .wait("first"), .send("Host: a.example\r\n\r\n")]),
        early(
            "expect", "A body that was not waited for after Expect stays a body.",
            [.send(expecting), .wait("first"), .send(smuggled)]),
        early(
            "chunked", "A chunk that comes after the answer stays a chunk.",
            [
                .send(ClientScript.chunked("").sent), .wait("first"), .send("24\r\n\(smuggled)\r\n0\r\n\r\n"),
            ]),
        .must(
            "9112-11.2-early-leaves", "Half a body that went upstream keeps that socket from being used again.",
            [.send(post + "GET /b"), .wait("first"), .close],
            upstream: [.head, .send(ok), .end], .requests(0), .upstreamSocket(.closed)),
    ]

    private static let post = ClientScript.post("Content-Length: 36\r\n").sent
    private static let expecting = ClientScript.post("Expect: 100-continue\r\nContent-Length: 36\r\n").sent

    private static func early(_ name: String, _ sentence: String, _ steps: [ClientScript.Step]) -> Requirement {
        .must(
            "9112-11.2-early-\(name)", sentence, ClientScript(steps: steps), upstream: [.head, .send(ok), .request],
            .answered(200, body: "first"), .anyOf([[.requests(0)], [.requests(1)]]),
            .clientReceived("\r\n\r\nok", false))
    }

    /// What only looks dangerous, and is somebody's data.
    private static let leftAlone: [Requirement] = [
        untouched("cookie-empty", "Cookie: \r\n"), untouched("cookie-odd", "Cookie: =; ;a;b==;  c=\"d\r\n"),
        untouched("cookie-many", "Cookie: \(String(repeating: "a=1; ", count: 500))b=2\r\n"),
        untouched("content-type-twice", "Content-Type: text/plain\r\nContent-Type: text/html\r\n"),
        untouched("accept-odd", "Accept: ;;,/\r\nAccept-Encoding: *;q=2\r\n"),
        untouched("range-odd", "Range: bytes=9-1,-,--\r\n"), untouched("date-odd", "If-Modified-Since: never\r\n"),
        untouched("authorization", "Authorization: Basic eDp5\r\n"),
        untouched("shell", "User-Agent: () { :;}; echo\r\n"), untouched("template", "X-Api: ${jndi:ldap://a/b}\r\n"),
        untouched("rewrite", "X-Original-URL: /admin\r\nX-Rewrite-URL: /admin\r\nX-HTTP-Method-Override: PUT\r\n"),
        untouched("colons", "X-A: : :: b: c\r\n"), untouched("url", "Referer: http://u:p@b.example:80/?a#b\r\n"),
        untouched("priority", "Priority: u=1, i\r\nSec-Fetch-Mode: cors\r\nDNT: 1\r\n"),
        untouched("early-data", "Early-Data: 1\r\nCDN-Loop: a.example\r\n"),
    ]

    private static func untouched(_ name: String, _ fields: String) -> Requirement {
        let patterns = fields.split(separator: "\r\n").map { line in
            let colon = line.firstIndex(of: ":") ?? line.endIndex
            return line[..<colon].lowercased() + line[colon...]
        }
        return .must(
            "9110-5.1-untouched-\(name)", "Fields that are not the proxy's business go on as they came (\(name)).",
            .get("/a", fields), .forwarded(has: patterns), .connection(.reused))
    }
}

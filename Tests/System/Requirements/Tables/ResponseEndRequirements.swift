/// Responses that end too early, go on too long, or come unasked: RFC 9112, sections 8 and 9.
enum ResponseEndRequirements {
    static let all: [Requirement] = noHead + truncated + onePiece + extra + unsolicited

    private static let noHead: [Requirement] = [
        .badGateway(
            "9112-8-close-at-once", "An upstream that closes without a byte is answered for with 502.", "",
            after: [.close]),
        .badGateway(
            "9112-8-reset-at-once", "An upstream that resets without a byte is answered for with 502.", "",
            after: [.reset]),
        .badGateway(
            "9112-8-half-close-at-once", "An upstream that will say nothing is answered for with 502.", "",
            after: [.shutdownWrite, .end]),
        .badGateway("9112-8-close-in-version", "Half a status line is no response.", "HTTP/1.", after: [.close]),
        .badGateway("9112-8-close-in-status", "Half a status line is no response.", "HTTP/1.1 20", after: [.close]),
        .badGateway("9112-8-close-in-reason", "Half a status line is no response.", "HTTP/1.1 200 O", after: [.close]),
        .badGateway(
            "9112-8-close-after-line", "A status line alone is no response.", "HTTP/1.1 200 OK\r\n", after: [.close]),
        .badGateway(
            "9112-8-close-in-name", "A head without its end is no response.", "HTTP/1.1 200 OK\r\nContent-Le",
            after: [.close]),
        .badGateway(
            "9112-8-close-in-value", "A head without its end is no response.",
            "HTTP/1.1 200 OK\r\nContent-Length: 6", after: [.close]),
        .badGateway(
            "9112-8-close-after-field", "A head without its end is no response.",
            "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n", after: [.close]),
        .badGateway(
            "9112-8-close-before-last-lf", "A head without its end is no response.",
            "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r", after: [.close]),
        .badGateway(
            "9112-8-half-close-in-head", "A head without its end is no response.",
            "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n", after: [.shutdownWrite, .end]),
        .badGateway(
            "9112-8-reset-in-head", "A head without its end is no response.",
            "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n", after: [.reset]),
        .badGateway(
            "9112-8-close-after-interim", "An interim response is no final one.",
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", after: [.close]),
    ]

    private static let lengthBegun = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nbegun"

    private static let truncated: [Requirement] = [
        .cut(
            "9112-8-response-length-short", "A body shorter than its length is incomplete.", begun: lengthBegun, "x",
            after: [.close]),
        .cut(
            "9112-8-response-length-short-by-one", "A body shorter than its length is incomplete.", begun: lengthBegun,
            "12345", after: [.close]),
        .cut(
            "9112-8-response-length-half-close", "A body shorter than its length is incomplete.", begun: lengthBegun,
            "x",
            after: [.shutdownWrite, .end]),
        .cut(
            "9112-8-response-length-reset", "A body shorter than its length is incomplete.", begun: lengthBegun, "x",
            after: [.reset]),
        .cut(
            "9112-8-response-length-1.0-short", "A body shorter than its length is incomplete in HTTP/1.0 too.",
            begun: "HTTP/1.0 200 OK\r\nContent-Length: 11\r\n\r\nbegun", "x", after: [.close]),
        .cut("9112-8-response-chunks-short", "Chunks without a last are incomplete.", "", after: [.close]),
        .cut("9112-8-response-chunks-in-size", "Chunks without a last are incomplete.", "5", after: [.close]),
        .cut(
            "9112-8-response-chunks-in-size-line", "Chunks without a last are incomplete.", "5\r", after: [.close]),
        .cut("9112-8-response-chunks-in-data", "Chunks without a last are incomplete.", "5\r\nab", after: [.close]),
        .cut(
            "9112-8-response-chunks-after-data", "Chunks without a last are incomplete.", "2\r\nab", after: [.close]
        ),
        .cut(
            "9112-8-response-chunks-in-crlf", "Chunks without a last are incomplete.", "2\r\nab\r", after: [.close]),
        .cut("9112-8-response-chunks-zero", "A last chunk without an end is incomplete.", "0", after: [.close]),
        .cut(
            "9112-8-response-chunks-zero-line", "A last chunk without an end is incomplete.", "0\r\n",
            after: [.close]),
        .cut(
            "9112-8-response-chunks-before-lf", "A last chunk without an end is incomplete.", "0\r\n\r",
            after: [.close]),
        .cut(
            "9112-8-response-chunks-in-trailer", "Trailers without an end are incomplete.", "0\r\nX: y", after: [.close]
        ),
        .cut(
            "9112-8-response-chunks-after-trailer", "Trailers without an end are incomplete.", "0\r\nX: y\r\n",
            after: [.close]),
        .cut(
            "9112-8-response-chunks-half-close", "Chunks without a last are incomplete.", "",
            after: [.shutdownWrite, .end]),
        .cut(
            "9112-8-response-chunks-reset", "Chunks without a last are incomplete.", "2\r\nab\r\n", after: [.reset]),
        .cut(
            "9112-8-until-close-reset", "A body that a reset ends is incomplete.",
            begun: "HTTP/1.1 200 OK\r\n\r\nbegun",
            "", after: [.reset]),
        .must(
            "9112-8-http1.0-length-short", "A client of HTTP/1.0 can tell by the length.",
            "GET / HTTP/1.0\r\n\r\n", upstream: [.request, .send(lengthBegun), .waitClient("begun"), .close],
            .answered(200, has: ["content-length: 11"]), .cut),
        .must(
            "9112-8-http1.0-chunks-short", "A client of HTTP/1.0 can tell by a reset alone.",
            "GET / HTTP/1.0\r\n\r\n",
            upstream: [.request, .send(Requirement.chunkedBegun), .waitClient("begun"), .close],
            .answered(200, lacks: ["transfer-encoding:"]), .cut),
        .must(
            "9112-8-http1.0-bad-chunk", "A client of HTTP/1.0 can tell by a reset alone.",
            "GET / HTTP/1.0\r\n\r\n",
            upstream: [.request, .send(Requirement.chunkedBegun), .waitClient("begun"), .send("zz\r\n")],
            .answered(200, lacks: ["transfer-encoding:"]), .cut),
        .must(
            "9112-8-http1.0-until-close-reset", "A client of HTTP/1.0 can tell by a reset alone.",
            "GET / HTTP/1.0\r\n\r\n",
            upstream: [.request, .send("HTTP/1.1 200 OK\r\n\r\nbegun"), .waitClient("begun"), .reset],
            .answered(200), .cut),
    ]

    /// All in one piece: nothing needs to have gone to the client, so 502 can be said; a cut must show some of it.
    private static func one(_ id: String, _ sentence: String, _ bytes: String, _ after: [UpstreamStep] = [])
        -> Requirement
    {
        .must(
            "9112-8-one-piece-\(id)", sentence, .get(), upstream: [.request, .send(bytes)] + after,
            .anyOf([[.answered(502), .proxyStatus()], [.answered(200), .cut]]), .upstreamSocket(.closed),
            .clientReceived("poison", false))
    }

    private static let onePiece: [Requirement] = [
        one("first-chunk", "A bad chunk right behind a head is 502, or a cut.", .chunkedResponse("zz\r\npoison")),
        one(
            "second-chunk", "A bad chunk behind a good one is 502, or a cut.",
            .chunkedResponse("5\r\nbegun\r\nzz\r\npoison")),
        one(
            "trailer", "A bad trailer line behind a good chunk is 502, or a cut.",
            .chunkedResponse("5\r\nbegun\r\n0\r\nX poison\r\n\r\n")),
        one("no-chunk", "A head whose chunks never come is 502, or a cut.", .chunkedResponse(""), [.close]),
        one("half-chunk", "A chunk without its end is 502, or a cut.", .chunkedResponse("5\r\nbeg"), [.close]),
        one(
            "half-length", "A body shorter than its length is 502, or a cut.",
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbeg", [.close]),
        one(
            "no-body", "A length whose body never comes is 502, or a cut.",
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", [.close]),
        one(
            "no-body-reset", "A length whose body never comes is 502, or a cut.",
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", [.reset]),
    ]

    /// A good response with something behind it: it is delivered, and what follows reaches nobody.
    private static func behind(_ id: String, _ sentence: String, _ bytes: String) -> Requirement {
        .must(
            "9112-9.2-extra-\(id)", sentence,
            [
                .send("GET /first HTTP/1.1\r\nHost: a.example\r\n\r\n"), .wait("whole"), .waitUpstreamEnd,
                .send("GET /second HTTP/1.1\r\nHost: a.example\r\n\r\n"),
            ], upstream: .answer(bytes), .answered(200, body: "whole"), .answered(200, body: "ok", at: 1),
            .requests(2), .upstreamSocket(.closed), .clientReceived("poison", false))
    }

    private static let extra: [Requirement] = [
        behind(
            "response", "A second response to one request reaches nobody.",
            .response(body: "whole") + .response(body: "poison")),
        behind("byte", "A byte behind a response reaches nobody.", .response(body: "whole") + "p"),
        behind("crlf", "An empty line behind a response is no part of it.", .response(body: "whole") + "\r\n"),
        behind("garbage", "What follows a response reaches nobody.", .response(body: "whole") + "\u{0}poison"),
        behind(
            "half-response", "Half a response behind a response reaches nobody.",
            .response(body: "whole") + "HTTP/1.1 200 OK\r\nX: poison"),
        behind(
            "interim", "An interim response behind a final one reaches nobody.",
            .response(body: "whole") + "HTTP/1.1 103 Early Hints\r\nLink: poison\r\n\r\n"),
        behind(
            "after-chunks", "What follows a last chunk reaches nobody.",
            .chunkedResponse("5\r\nwhole\r\n0\r\n\r\n") + .response(body: "poison")),
        behind(
            "after-trailers", "What follows trailers reaches nobody.",
            .chunkedResponse("5\r\nwhole\r\n0\r\nX: y\r\n\r\n") + .response(body: "poison")),
        behind(
            "longer-than-length", "A body longer than its length is cut at its length.",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwholepoison"),
        .must(
            "9112-9.2-extra-empty", "What follows an empty response reaches nobody.", .get(),
            upstream: .answer(.response(body: "") + .response(body: "poison")), .answered(200, body: ""),
            .upstreamSocket(.closed), .clientReceived("poison", false), .connection(.reused)),
        .must(
            "9112-9.2-extra-pipelined", "A second response is not the answer to a pipelined request.",
            [
                .send("GET /first HTTP/1.1\r\nHost: a.example\r\n\r\n"),
                .send("GET /second HTTP/1.1\r\nHost: a.example\r\n\r\n"),
            ], upstream: .answer(.response(body: "whole") + .response(body: "poison")),
            .answered(200, body: "whole"), .answered(200, body: "ok", at: 1), .requests(2), .upstreamSocket(.closed),
            .clientReceived("poison", false)),
    ]

    /// Bytes over a socket that serves no request: it is closed, and nobody gets them.
    private static func free(_ id: String, _ sentence: String, _ steps: [UpstreamStep]) -> Requirement {
        .must(
            "9112-9.2-free-\(id)", sentence,
            [
                .send("GET /first HTTP/1.1\r\nHost: a.example\r\n\r\n"), .wait("whole"), .waitUpstreamEnd,
                .send("POST /second HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\n\r\nhi"),
            ], upstream: [.request, .send(.response(body: "whole")), .waitClient("whole")] + steps,
            .answered(200, body: "whole"), .answered(200, body: "ok", at: 1), .requests(2), .upstreamSocket(.closed),
            .clientReceived("poison", false))
    }

    private static let unsolicited: [Requirement] = [
        free("response", "A response without a request reaches nobody.", [.send(.response(body: "poison")), .end]),
        free("byte", "A byte over a free socket closes it.", [.send("p"), .end]),
        free("crlf", "An empty line over a free socket closes it.", [.send("\r\n"), .end]),
        free(
            "timeout", "The 408 of an upstream that ends an idle connection is nobody's answer.",
            [.send("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nX: poison\r\n\r\n"), .close]),
        free(
            "interim", "An interim response without a request reaches nobody.",
            [.send("HTTP/1.1 103 Early Hints\r\nLink: poison\r\n\r\n"), .end]),
        free("close", "A free socket that was closed serves nobody.", [.close]),
        free("half-close", "A free socket that was closed on one side serves nobody.", [.shutdownWrite, .end]),
        free("reset", "A free socket that was reset serves nobody.", [.reset]),
    ]
}

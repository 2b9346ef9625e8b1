/// Expect: RFC 9110, section 10.1.1.
enum ExpectRequirements {
    private static let head = ClientScript.post("Expect: 100-continue\r\nContent-Length: 5\r\n").sent
    private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    private static let interim = "HTTP/1.1 100 Continue\r\n\r\n"

    static let all: [Requirement] = [
        .must(
            "9110-10.1.1-forwarded", "A proxy passes the expectation on with the head, before the body.",
            [.send(head), .waitUpstream("\r\n\r\n"), .send("hello")],
            .forwarded(has: ["expect: 100-continue"], body: "hello"), .answered(200)),
        .must(
            "9110-10.1.1-relayed", "The upstream's 100 reaches the client that waits for it.",
            [.send(head), .wait("100 Continue"), .send("hello")],
            upstream: [.head, .send(interim), .request, .send(ok)], .interim([100]), .answered(200),
            .forwarded(body: "hello"), .connection(.reused), .upstreamSocket(.reused)),
        .must(
            "9110-10.1.1-case", "100-continue is the same in any case.",
            [
                .send(ClientScript.post("eXPECT: 100-Continue\r\nContent-Length: 5\r\n").sent), .wait("100 Continue"),
                .send("hello"),
            ],
            upstream: [.head, .send(interim), .request, .send(ok)], .answered(200), .forwarded(body: "hello")),
        .must(
            "9110-10.1.1-final", "A final status instead of 100 reaches the client; the body is not waited for.",
            [.send(head)], upstream: [.head, .send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"), .end],
            .answered(413, body: "no")),
        .may(
            "sluice-expect-timeout", "When the upstream says nothing, the client is told to go on.",
            [.send(head), .wait("100 Continue"), .send("hello")],
            options: Options(client: "continueTimeout: 100ms"), upstream: [.request, .send(ok)], .interim([100]),
            .answered(200), .forwarded(body: "hello"), .connection(.reused), .upstreamSocket(.reused)),
        .may(
            "sluice-expect-once", "A 100 that comes after ours is swallowed.",
            [.send(head), .wait("100 Continue"), .send("hello")],
            options: Options(client: "continueTimeout: 100ms"),
            upstream: [.head, .waitClient("100 Continue"), .send(interim), .request, .send(ok)], .interim([100]),
            .answered(200), .forwarded(body: "hello"), .connection(.reused)),
        .may(
            "sluice-expect-other-interim", "A 103 that comes after our 100 is passed on.",
            [.send(head), .wait("100 Continue"), .send("hello")],
            options: Options(client: "continueTimeout: 100ms"),
            upstream: [
                .head, .waitClient("100 Continue"), .send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), .request,
                .send(ok),
            ],
            .interim([100, 103]), .answered(200)),
        .must(
            "9110-10.1.1-not-waiting", "A client that does not wait sends its body at once.", [.send("\(head)hello")],
            .forwarded(body: "hello"), .answered(200), .connection(.reused)),
        .must(
            "9110-10.1.1-chunked", "A chunked body may be waited for too.",
            [
                .send(ClientScript.chunked("", "Expect: 100-continue\r\n").sent), .wait("100 Continue"),
                .send("5\r\nhello\r\n0\r\n\r\n"),
            ],
            upstream: [.head, .send(interim), .request, .send(ok)], .interim([100]), .forwarded(body: "hello"),
            .answered(200)),
        .mustNot(
            "9110-15.2-old", "A client of HTTP/1.0 is sent no 1xx.",
            "POST /a HTTP/1.0\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nhello",
            upstream: [.request, .send("HTTP/1.1 103 Early Hints\r\n\r\n\(ok)")], .interim([]), .answered(200)),
        .must(
            "9110-10.1.1-old", "An expectation in HTTP/1.0 is ignored.",
            "POST /a HTTP/1.0\r\nHost: a.example\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
            upstream: [.request, .send("\(interim)\(ok)")], .interim([]), .answered(200)),
        .may(
            "9110-10.1.1-unknown", "An expectation that is not known is answered with 417, or the upstream's to judge.",
            .get("/a", "Expect: wonders\r\n"),
            .anyOf([[.answered(417), .nothingUpstream], [.forwarded(has: ["expect: wonders"]), .answered(200)]])),
        .must(
            "9112-9.6-bad-expect-not-continued", "A request that is refused is not told to go on.",
            .post("Expect: 100-continue\r\nContent-Length: 5\r\nContent-Length: 6\r\n"),
            .refused([400], followed: false), .interim([])),
    ]
}

/// Methods, request lines and versions: RFC 9112, sections 2 and 3, and RFC 9110, section 9.
enum RequestLineRequirements {
    static let all: [Requirement] = [
        .must(
            "9112-3.2-host-missing", "A request without Host is answered with 400.", "GET / HTTP/1.1\r\n\r\n",
            .refused([400])),
        .must(
            "9112-3-simple", "A plain request is passed on.", .get("/a"),
            .forwarded(
                startsWith: "GET /a HTTP/1.1", has: ["via: 1.1 sluice", "host: a.example"], lacks: ["keep-alive:"]),
            .upstreamSocket(.reused), .connection(.reused)),
    ]
}

/// Forwarded (RFC 7239) and X-Forwarded-*: who is believed, and what is written.
enum ForwardedTrustRequirements {
    static let all: [Requirement] = fresh + append + untrusted + trusted + replace + leave

    private static let spoofed =
        "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\n"
        + "Forwarded: for=6.6.6.6;host=evil.example;proto=https\r\n"

    private static let clean: [Expectation] = [
        .forwarded(
            has: [
                "x-forwarded-for: 127.0.0.1", "x-forwarded-proto: http", "x-forwarded-host: a.example",
            ], lacks: ["x-forwarded-for: 6.6.6.6*", "forwarded: for=6*"]),
        .once(["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded"]),
        .forwardedElements(1, last: own), .upstreamReceived("6.6.6.6", false), .upstreamReceived("evil", false),
        .answered(200, body: "ok"),
    ]

    private static let own = ["for": "127.0.0.1", "host": "a.example", "proto": "http"]

    private static func played(
        _ id: String, _ sentence: String, _ fields: String, host: String = "a.example", top: String = "",
        _ seen: [Expectation]
    ) -> Requirement {
        // What is written is ours to choose, and a peer is not asked; how it is written is not.
        Requirement(
            id: "7239-\(id)", level: .must, sentence: sentence,
            client: ClientScript("GET / HTTP/1.1\r\nHost: \(host)\r\n\(fields)\r\n"),
            options: Options(top: top.isEmpty ? "forwarded: append" : top),
            upstream: [], seen: seen)
    }

    private static let fresh: [Requirement] = [
        played("4-fresh-read", "A request without any gets both, well-formed and of one mind.", "", clean),
        played(
            "6-fresh-ipv6-host", "A host that is an IPv6 address is quoted.", "", host: "[2001:db8::1]",
            [
                .forwarded(has: ["x-forwarded-host: [2001:db8::1]"]), .upstreamReceived("host=\"[2001:db8::1]\""),
                .forwardedElements(1, last: ["for": "127.0.0.1", "host": "[2001:db8::1]", "proto": "http"]),
            ]),
        played(
            "6-fresh-ipv6-host-port", "A host that is an IPv6 address with a port is quoted.", "", host: "[::1]:80",
            [.forwarded(), .forwardedElements(1, last: ["for": "127.0.0.1", "host": "[::1]:80", "proto": "http"])]),
        played(
            "4-fresh-odd-host", "A name with marks that are in no token is quoted.", "", host: "a%41(b)",
            [.forwarded(), .forwardedElements(1, last: ["for": "127.0.0.1", "host": "a%41(b)", "proto": "http"])]),
    ]

    /// An element that came from whom we believe is kept, and our own comes behind it.
    private static func behind(_ id: String, _ sentence: String, _ value: String, count: Int = 2) -> Requirement {
        played(
            "4-append-\(id)", sentence, "Forwarded: \(value)\r\n",
            [
                .forwarded(), .forwardedElements(count, last: own), .upstreamReceived(value),
                .answered(200, body: "ok"),
            ])
    }

    private static let append: [Requirement] = [
        behind("one", "Our own element comes last.", "for=192.0.2.60;proto=https;by=203.0.113.43"),
        behind("several", "Our own element comes last.", "for=192.0.2.43, for=198.51.100.17", count: 3),
        behind("ipv6", "Quoted nodes are kept.", "For=\"[2001:db8:cafe::17]:4711\""),
        behind("obfuscated", "Obfuscated nodes are kept.", "for=_hidden, for=_SEVKISEK;by=_b", count: 3),
        behind("unknown", "The node unknown is kept.", "for=unknown"),
        behind("extension", "Unknown parameters are kept.", "for=192.0.2.1;secret=\"a\\\"b;c, d\""),
        behind("case", "Names have no case, and keep theirs.", "FOR=192.0.2.1;PrOtO=http"),
        played(
            "4-append-lines", "Lines of Forwarded keep their order.",
            "Forwarded: for=192.0.2.1\r\nX: y\r\nForwarded: for=192.0.2.2\r\n",
            [.forwarded(), .forwardedElements(3, last: own), .answered(200)]),
        played(
            "4-append-x-forwarded-for", "The address is added to the list.", "X-Forwarded-For: 192.0.2.1\r\n",
            [.forwarded(has: ["x-forwarded-for: 192.0.2.1, 127.0.0.1"]), .once(["x-forwarded-for"]), .answered(200)]),
        played(
            "4-append-both", "Both are appended to where both came.",
            "X-Forwarded-For: 192.0.2.1\r\nForwarded: for=192.0.2.1\r\n",
            [
                .forwarded(has: ["x-forwarded-for: 192.0.2.1, 127.0.0.1"]), .forwardedElements(2, last: own),
                .answered(200),
            ]),
        played(
            "4-append-x-lines", "Lines of X-Forwarded-For keep their order, and our own comes last.",
            "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 192.0.2.2\r\n",
            [
                .that { evidence in
                    let came = evidence.requests.first?.message.values("x-forwarded-for").joined(separator: ", ")
                    return came == "192.0.2.1, 192.0.2.2, 127.0.0.1" ? [] : ["X-Forwarded-For is \(came ?? "none")"]
                }, .answered(200),
            ]),
        played(
            "4-append-x-kept", "Protocol and host that came are those of the first proxy.",
            "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: first.example\r\n",
            [
                .forwarded(has: ["x-forwarded-proto: https", "x-forwarded-host: first.example"]),
                .once(["x-forwarded-proto", "x-forwarded-host"]), .answered(200),
            ]),
        played(
            "4-append-broken", "Broken syntax is not appended to: our own element can be read.",
            "Forwarded: for=\"192.0.2.1\r\n",
            [
                .that { evidence in
                    let lines = evidence.requests.first?.message.values("forwarded") ?? []
                    let isOwn = lines.last == "for=127.0.0.1;host=a.example;proto=http"
                    return isOwn ? [] : ["the last line of Forwarded is \(lines)"]
                }, .answered(200),
            ]),
        played(
            "4-append-empty", "An empty Forwarded has no element before ours.", "Forwarded:\r\n",
            [
                .that { evidence in
                    let lines = evidence.requests.first?.message.values("forwarded").filter { !$0.isEmpty } ?? []
                    return lines == ["for=127.0.0.1;host=a.example;proto=http"] ? [] : ["Forwarded is \(lines)"]
                }, .answered(200),
            ]),
    ]

    private static let untrusted: [Requirement] = [
        played(
            "8.1-untrusted-none", "With an empty list nobody is believed.", spoofed, top: "trustedProxies: []", clean),
        played(
            "8.1-untrusted-other", "Who is not on the list is not believed.", spoofed,
            top: "trustedProxies: [10.0.0.0/8, \"::1\"]", clean),
        played(
            "8.1-untrusted-neighbour", "The mask is exact.", spoofed,
            top: "trustedProxies: [127.0.0.0/32, 127.0.0.2/31, 126.0.0.0/8]", clean),
        played(
            "8.1-untrusted-case", "The names of the fields have no case.",
            "x-FORWARDED-for: 6.6.6.6\r\nX-FORWARDED-PROTO: https\r\nx-forwarded-host: evil.example\r\n"
                + "FORWARDED: for=6.6.6.6\r\n", top: "trustedProxies: []", clean),
        played(
            "8.1-untrusted-lines", "All lines go.",
            "X-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nX-Forwarded-For: 6.6.6.6\r\n"
                + "Forwarded: for=6.6.6.6\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Host: evil.example\r\n",
            top: "trustedProxies: []", clean),
        played(
            "8.1-untrusted-named", "Connection cannot remove ours.",
            spoofed + "Connection: X-Forwarded-For, Forwarded\r\n", top: "trustedProxies: []", clean),
        played(
            "8.1-untrusted-broken", "What is broken goes too.", "Forwarded: for=\"6.6.6.6\r\nX-Forwarded-For: ,,\r\n",
            top: "trustedProxies: []", clean),
    ]

    private static func believed(_ id: String, _ list: String) -> Requirement {
        played(
            "8.1-trusted-\(id)", "Who is on the list is believed.",
            "X-Forwarded-For: 192.0.2.1\r\nForwarded: for=192.0.2.1\r\n", top: "trustedProxies: \(list)",
            [
                .forwarded(has: ["x-forwarded-for: 192.0.2.1, 127.0.0.1"]), .forwardedElements(2, last: own),
                .answered(200),
            ])
    }

    private static let trusted: [Requirement] = [
        believed("address", "[127.0.0.1]"), believed("address-mask", "[127.0.0.1/32]"),
        believed("network", "[10.0.0.0/8, 127.0.0.0/8]"), believed("half", "[0.0.0.0/1]"),
        believed("all", "[0.0.0.0/0]"), believed("odd-mask", "[127.0.0.0/31]"),
    ]

    private static let replace: [Requirement] = [
        played("4-replace", "Nobody is believed: all is written fresh.", spoofed, top: "forwarded: replace", clean),
        played("4-replace-fresh", "What did not come is written too.", "", top: "forwarded: replace", clean),
        played(
            "4-replace-trusted", "A list of the trusted changes nothing there.", spoofed,
            top: "forwarded: replace\ntrustedProxies: [127.0.0.0/8]", clean),
        played(
            "4-replace-similar", "Other fields are none of ours.",
            "X_Forwarded_For: 192.0.2.1\r\nX-Forwarded-Port: 99\r\nX-Forwarded: y\r\n", top: "forwarded: replace",
            [.forwarded(has: ["x_forwarded_for: 192.0.2.1", "x-forwarded: y"])] + clean),
    ]

    private static let leave: [Requirement] = [
        played(
            "4-leave", "What came stays as it came.", spoofed, top: "forwarded: leave",
            [
                .forwarded(
                    has: [
                        "x-forwarded-for: 6.6.6.6", "x-forwarded-proto: https", "x-forwarded-host: evil.example",
                        "forwarded: for=6.6.6.6;host=evil.example;proto=https",
                    ]), .answered(200),
            ]),
        played(
            "4-leave-none", "What did not come is not written.", "", top: "forwarded: leave",
            [
                .forwarded(lacks: ["x-forwarded-for:", "x-forwarded-proto:", "x-forwarded-host:", "forwarded:"]),
                .answered(200),
            ]),
        played(
            "4-leave-broken", "What is broken stays too.", "Forwarded: for=\"x\r\n", top: "forwarded: leave",
            [.forwarded(has: ["forwarded: for=\"x"]), .answered(200)]),
    ]
}

extension Expectation {
    /// The first request has exactly one line of each of these.
    static func once(_ names: [String]) -> Expectation {
        .that { evidence in
            guard let message = evidence.requests.first?.message else { return ["no request"] }
            return names.filter { message.values($0).count != 1 }
                .map { "\(message.values($0).count) lines of \($0)" }
        }
    }
}

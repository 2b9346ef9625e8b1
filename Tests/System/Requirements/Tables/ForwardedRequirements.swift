/// Forwarded (RFC 7239) and X-Forwarded-*: who is said to have asked, and who is believed.
enum ForwardedRequirements {
    static let all = appended + untrusted + replaced + left

    private static let came =
        "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: b.example\r\n"
    private static let fresh = ["x-forwarded-for: 127.0.0.1", "x-forwarded-proto: http", "x-forwarded-host: a.example"]

    private static let appended: [Requirement] = [
        .may(
            "sluice-forwarded-fresh", "X-Forwarded-* are written for a request without them.", .get("/a"),
            .forwarded(has: fresh)),
        .may(
            "sluice-forwarded-for-appended", "In append mode the client comes last in X-Forwarded-For.",
            .get("/a", "X-Forwarded-For: 192.0.2.1, 192.0.2.2\r\n"),
            .anyOf([
                [.forwarded(has: ["x-forwarded-for: 192.0.2.1, 192.0.2.2, 127.0.0.1"])],
                [.forwarded(has: ["x-forwarded-for: 192.0.2.1, 192.0.2.2", "x-forwarded-for: 127.0.0.1"])],
            ])),
        .may(
            "sluice-forwarded-kept", "In append mode the first proxy's word on protocol and host stays.",
            .get("/a", came), .forwarded(has: ["x-forwarded-proto: https", "x-forwarded-host: b.example"])),
        .may(
            "7239-4-fresh", "A Forwarded is written when nothing came that it could contradict.", .get("/a"),
            .forwarded(has: ["forwarded: *"]), .upstreamReceived("for=127.0.0.1"), .upstreamReceived("proto=http"),
            .upstreamReceived("host=a.example")),
        .may(
            "7239-4-none-beside-x", "No fresh Forwarded contradicts an X-Forwarded-For that came.",
            .get("/a", "X-Forwarded-For: 192.0.2.1\r\n"), .forwarded(lacks: ["forwarded:"])),
        .may(
            "7239-4-appended", "Our element comes behind those that came.", .get("/a", "Forwarded: for=192.0.2.1\r\n"),
            .upstreamReceived("Forwarded: for=192.0.2.1, for=127.0.0.1"), .answered(200)),
        .may(
            "7239-4-appended-quoted", "What came is not changed, quotes and all.",
            .get("/a", "Forwarded: For=\"[2001:db8::1]:4711\";by=_x;ext=\"a, b\", for=unknown\r\n"),
            .upstreamReceived("For=\"[2001:db8::1]:4711\";by=_x;ext=\"a, b\", for=unknown, for=127.0.0.1"),
            .answered(200)),
        .may(
            "7239-4-none-beside-host", "No fresh Forwarded contradicts an X-Forwarded-Host that came.",
            .get("/a", "X-Forwarded-Host: b.example\r\n"), .forwarded(lacks: ["forwarded:"])),
        .may(
            "7239-4-appended-last", "Of several Forwarded fields the last gets our element.",
            .get("/a", "Forwarded: for=192.0.2.1\r\nX: 1\r\nforwarded: for=192.0.2.2\r\n"),
            .upstreamReceived("orwarded: for=192.0.2.1\r\n"),
            .upstreamReceived("orwarded: for=192.0.2.2, for=127.0.0.1"),
            .answered(200)),
        .may(
            "7239-4-both", "When both came, both get our element.",
            .get("/a", "X-Forwarded-For: 192.0.2.1\r\nForwarded: for=192.0.2.1\r\n"),
            .forwarded(has: ["x-forwarded-for: 192.0.2.1, 127.0.0.1"]),
            .upstreamReceived("Forwarded: for=192.0.2.1, for=127.0.0.1")),
        .may(
            "7239-4-broken", "A Forwarded with a quote that is left open gives way to one of ours.",
            .get("/a", "Forwarded: for=\"192.0.2.1\r\n"), .upstreamReceived("192.0.2.1", false),
            .upstreamReceived("\r\nForwarded: for=127.0.0.1")),
        .must(
            "7239-6-port-quoted", "A host with a port is quoted: a colon is no token character.",
            .host("a.example:8080"), options: Options(top: "forwarded: append"),
            .upstreamReceived("host=\"a.example:8080\""), .answered(200)),
    ]

    private static let untrusted: [Requirement] = [
        .may(
            "sluice-trusted-none", "With nobody trusted, X-Forwarded-* that came are dropped.", .get("/a", came),
            options: Options(top: "trustedProxies: []"), .forwarded(has: fresh), .upstreamReceived("192.0.2.1", false)),
        .may(
            "sluice-trusted-none-forwarded", "With nobody trusted, a Forwarded that came is dropped.",
            .get("/a", "Forwarded: for=192.0.2.1\r\n"), options: Options(top: "trustedProxies: []"),
            .forwarded(has: fresh), .upstreamReceived("192.0.2.1", false), .upstreamReceived("for=127.0.0.1")),
        .may(
            "sluice-trusted-other", "A client outside the list is not trusted.", .get("/a", came),
            options: Options(top: "trustedProxies: [10.0.0.0/8, \"::1\"]"), .forwarded(has: fresh),
            .upstreamReceived("192.0.2.1", false)),
        .may(
            "sluice-trusted-range", "A client within the list is trusted.", .get("/a", came),
            options: Options(top: "trustedProxies: [10.0.0.0/8, 127.0.0.0/8]"),
            .forwarded(has: ["x-forwarded-for: 192.0.2.1, 127.0.0.1"])),
        .may(
            "sluice-trusted-address", "A bare address is a range of one.", .get("/a", came),
            options: Options(top: "trustedProxies: [127.0.0.1]"),
            .forwarded(has: ["x-forwarded-for: 192.0.2.1, 127.0.0.1"])),
        .may(
            "sluice-trusted-spelling", "Dropping goes by name in any spelling, each line.",
            .get("/a", "x-fORWARDED-fOR: 192.0.2.1\r\nX-Forwarded-For: 192.0.2.2\r\nfORWARDED: for=192.0.2.3\r\n"),
            options: Options(top: "trustedProxies: []"), .forwarded(has: fresh), .upstreamReceived("192.0.2.", false)),
    ]

    private static let replaced: [Requirement] = [
        .may(
            "sluice-forwarded-replace", "In replace mode nothing that came is kept.",
            .get("/a", "\(came)Forwarded: for=192.0.2.1\r\n"), options: Options(top: "forwarded: replace"),
            .forwarded(has: fresh + ["forwarded: *"]), .upstreamReceived("192.0.2.1", false)),
        .may(
            "sluice-forwarded-replace-x", "In replace mode Forwarded is written though X-Forwarded-* came.",
            .get("/a", came), options: Options(top: "forwarded: replace"), .forwarded(has: fresh + ["forwarded: *"]),
            .upstreamReceived("for=127.0.0.1")),
    ]

    private static let left: [Requirement] = [
        .may(
            "sluice-forwarded-leave", "In leave mode nothing is written.", .get("/a"),
            options: Options(top: "forwarded: leave"),
            .forwarded(lacks: ["x-forwarded-for:", "x-forwarded-proto:", "x-forwarded-host:", "forwarded:"])),
        .may(
            "sluice-forwarded-leave-came", "In leave mode nothing that came is changed.",
            .get("/a", "\(came)Forwarded: for=192.0.2.1\r\n"), options: Options(top: "forwarded: leave"),
            .forwarded(has: ["x-forwarded-for: 192.0.2.1", "x-forwarded-proto: https", "forwarded: for=192.0.2.1"])),
    ]
}

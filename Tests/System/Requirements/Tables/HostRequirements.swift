/// The Host field: RFC 9112, section 3.2, and RFC 9110, section 7.2.
enum HostRequirements {
    static let all = missing + invalid + good

    private static let missing: [Requirement] = [
        .must(
            "9112-3.2-host-missing", "A request without Host is answered with 400.", "GET / HTTP/1.1\r\n\r\n",
            .refused([400])),
        .must(
            "9112-3.2-host-missing-others", "Other fields do not stand in for Host.",
            "GET / HTTP/1.1\r\nX-Host: a.example\r\nX-Forwarded-Host: a.example\r\n\r\n", .refused([400])),
        .must(
            "9112-3.2-host-missing-underscore", "A field like Host is not Host.",
            "GET / HTTP/1.1\r\nHost_: a.example\r\nHos: a.example\r\n\r\n", .refused([400])),
        .must(
            "9112-3.2-host-twice", "Two Host fields are answered with 400.",
            .get("/", "Host: b.example\r\n"), .refused([400])),
        .must(
            "9112-3.2-host-twice-equal", "Two Host fields are answered with 400, even if they agree.",
            .get("/", "Host: a.example\r\n"), .refused([400])),
        .must(
            "9112-3.2-host-twice-case", "Two Host fields are two in any spelling.",
            .get("/", "X: 1\r\nhOsT: b.example\r\n"), .refused([400])),
        .must(
            "9112-3.2-host-twice-empty", "An empty Host beside another is the second one.",
            .get("/", "Host:\r\n"), .refused([400])),
        .should(
            "9112-3.2-host-twice-old", "Two Host fields are ambiguous in HTTP/1.0 too.",
            "GET / HTTP/1.0\r\nHost: a.example\r\nHost: b.example\r\n\r\n", .refused([400])),
        .must(
            "9112-3.2-host-higher-minor", "A later minor version needs Host too.", "GET / HTTP/1.2\r\n\r\n",
            .refused([400, 505])),
    ]

    private static let invalid: [Requirement] = [
        bad("list", "two names", "a.example, b.example"), bad("space", "a space", "a b"),
        bad("slash", "a path", "a.example/b"), bad("user", "a user", "u@a.example"),
        bad("query", "a query", "a.example?b"), bad("fragment", "a fragment", "a.example#b"),
        bad("port-letters", "a port of letters", "a.example:http"),
        bad("port-large", "the port 65536", "a.example:65536"),
        bad("port-long", "a port that wraps at 16 bits", "a.example:65616"), bad("port-minus", "a signed port", "a:-1"),
        bad("port-plus", "a port with a plus", "a.example:+80"),
        bad("port-space", "a space in the port", "a.example: 80"),
        bad("port-twice", "two ports", "a.example:80:80"), bad("no-name", "a port alone", ":80"),
        bad("open-bracket", "an open bracket", "[::1"), bad("close-bracket", "a closing bracket", "::1]"),
        bad("empty-bracket", "empty brackets", "[]"), bad("bracket-name", "a name in brackets", "[a.example]"),
        bad("bracket-more", "text behind brackets", "[::1]a"), bad("bracket-digits", "no IPv6 digits", "[::g]"),
        bad("bracket-short", "too few groups", "[1:2:3]"),
        bad("bracket-long", "too many groups", "[1:2:3:4:5:6:7:8:9]"),
        bad("bracket-twice", "two gaps", "[1::2::3]"), bad("bracket-ipv4", "IPv4 in brackets", "[127.0.0.1]"),
        bad("ipv6-bare", "IPv6 without brackets", "::1"), bad("nul", "NUL", "a\0b"), bad("del", "DEL", "a\u{7F}"),
        bad("8-bit", "a byte above ASCII", "caf\u{E9}.example"), bad("backslash", "a backslash", "a\\b"),
        bad("angle", "angle brackets", "<a>"), bad("quote", "quotes", "\"a\""), bad("brace", "braces", "{a}"),
        bad("pipe", "a pipe", "a|b"), bad("caret", "a caret", "a^b"), bad("backtick", "a backtick", "a`b"),
        bad("url", "a URL", "http://a.example"), bad("percent", "a % that encodes nothing", "a%zz.example"),
        bad("percent-end", "a % at the end", "a.example%"), bad("tab", "a tab within", "a\tb"),
        bad("lf", "a bare LF", "a.example\n"), bad("cr", "a bare CR", "a.example\rb"),
        .may(
            "sluice-host-ipvfuture", "An address of a future version is refused: nobody can route to it.",
            .host("[v1.a]"), .refused([400])),
        .may("sluice-host-zone", "An IPv6 zone is refused.", .host("[fe80::1%25eth0]"), .refused([400])),
    ]

    private static func bad(_ name: String, _ what: String, _ host: String) -> Requirement {
        .must(
            "9112-3.2-host-\(name)", "A Host with an invalid value is answered with 400: \(what).", .host(host),
            .refused([400]))
    }

    private static let good: [Requirement] = [
        pass("name", "a.example", "a.example"), pass("port", "a.example:8080", "a.example:8080"),
        pass("upper-case", "A.Example", "A.Example"), pass("dot-last", "a.example.", "a.example."),
        pass("one-label", "a", "a"), pass("underscore", "a_b.example", "a_b.example"),
        pass("punycode", "xn--mnchen-3ya.example", "xn--mnchen-3ya.example"),
        pass("ipv4", "127.0.0.1:80", "127.0.0.1:80"), pass("digits", "1234", "1234"),
        pass("ipv6", "[::1]", "[::1]"), pass("ipv6-port", "[2001:DB8::1]:8080", "[2001:DB8::1]:8080"),
        pass("ipv6-ipv4", "[::ffff:192.0.2.1]", "[::ffff:192.0.2.1]"),
        pass("empty-port", "a.example:", "a.example:"), pass("sub-delims", "a!$&'()*+;=b", "a!$&'()*+;=b"),
        pass("percent", "a%2Db.example", "a%2Db.example"), pass("spaces-around", "\t a.example \t", "a.example"),
        pass("largest-port", "a.example:65535", "a.example:65535"),
        .must(
            "9112-3.2-host-no-space", "No space need stand after the colon.",
            "GET /a HTTP/1.1\r\nHost:a.example\r\n\r\n", .forwarded(has: ["host: a.example"])),
        .must(
            "9112-3.2-host-lower-case", "Host may be spelt in small letters.",
            "GET /a HTTP/1.1\r\nhost: a.example\r\n\r\n", .forwarded(has: ["host: a.example"])),
        .must(
            "9112-3.2-host-upper-case", "Host may be spelt in capitals.",
            "GET /a HTTP/1.1\r\nHOST: a.example\r\n\r\n", .forwarded(has: ["host: a.example"])),
        .must(
            "9112-3.2-host-last", "Host may come last.",
            "GET /a HTTP/1.1\r\nA: 1\r\nB: 2\r\nHost: a.example\r\n\r\n",
            .forwarded(has: ["host: a.example", "a: 1", "b: 2"])),
        .must(
            "9110-7.2-host-empty", "Host may be empty when the target has no authority.",
            "GET /a HTTP/1.1\r\nHost:\r\n\r\n", .forwarded(startsWith: "GET /a HTTP/1.1", has: ["host:"])),
        .must(
            "9112-3.2-host-generated", "HTTP/1.0 needs no Host, but what goes upstream as HTTP/1.1 has one.",
            "GET /a HTTP/1.0\r\n\r\n", .forwarded(startsWith: "GET /a HTTP/1.1", has: ["host:"])),
        .mustNot(
            "9110-7.6.1-connection-host", "Host is not taken for a private field because Connection names it.",
            .get("/a", "Connection: Host\r\n"),
            .anyOf([[.forwarded(has: ["host: a.example"])], [.refused([400], followed: false)]])),
    ]

    private static func pass(_ name: String, _ host: String, _ upstream: String) -> Requirement {
        .must(
            "9110-7.2-host-\(name)", "A valid Host goes upstream as it came: \(upstream).", .host(host),
            .forwarded(startsWith: "GET / HTTP/1.1", has: ["host: \(upstream)"]))
    }
}

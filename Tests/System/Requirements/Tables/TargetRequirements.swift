/// Request targets: RFC 9112, section 3.2, RFC 9110, section 4.2, and RFC 3986.
enum TargetRequirements {
    static let all = untouched + badBytes + badForms + absolute + asterisk + connect

    /// What comes in origin form goes upstream byte for byte.
    private static let untouched: [Requirement] = [
        pass("root", "/"), pass("segments", "/a/b/c"), pass("trailing-slash", "/a/"), pass("double-slash", "//"),
        pass("double-slash-host", "//b.example/x"), pass("empty-segments", "/a//b///c"),
        pass("dot-segments", "/a/./b/../c"), pass("dot-dot-first", "/../../etc/passwd"), pass("dots", "/.../a."),
        pass("encoded-dots", "/%2e%2E/a"), pass("encoded-slash", "/a%2Fb%2f"), pass("encoded-nul", "/a%00b"),
        pass("encoded-crlf", "/a%0d%0Ab"), pass("encoded-space", "/a%20b"), pass("encoded-percent", "/a%2525"),
        pass("encoded-unreserved", "/%61%7E"), pass("hex-case", "/%c3%A9%C3%a9"),
        pass("sub-delims", "/!$&'()*+,;="), pass("colon-at", "/:@:"), pass("parameters", "/a;b=c;d/e;f"),
        pass("tilde", "/~user/-._"), pass("empty-query", "/a?"), pass("question-marks", "/a?b?c??"),
        pass("slashes-in-query", "/a?b=/c/../d"), pass("query", "/a?b=c&d=%20&e=+&f[]=1"),
        pass("url-in-query", "/a?u=http://b.example:80/x"), pass("url-in-path", "/http://b.example/x"),
        pass("star-path", "/*"), pass("version-in-path", "/HTTP/1.1"),
        ours("pipe", "Browsers send | raw in a path.", "/a|b"),
        ours("brackets", "Browsers send [ and ] raw in a path.", "/a[1]"),
        ours("query-backslash", "A raw \\ in a query passes.", "/a?b=\\c"),
        ours("query-caret", "A raw ^ in a query passes.", "/a?b=^c"),
        ours("query-braces", "Raw { and } in a query pass.", "/a?b={c}"),
        ours("query-pipe", "A raw | in a query passes.", "/a?b=c|d"),
        ours("query-backtick", "A raw backtick in a query passes.", "/a?b=`c`"),
        ours("query-percent", "A % that encodes nothing passes in a query.", "/a?b=100%&c=%zz&d=%"),
        .should(
            "9112-3-long-line", "A request line of 8,000 bytes is supported.",
            .get("/\(String(repeating: "a", count: 7985))"),
            .forwarded(startsWith: "GET /\(String(repeating: "a", count: 7985)) HTTP/1.1")),
    ]

    private static func pass(_ name: String, _ target: String) -> Requirement {
        .mustNot(
            "9110-7.7-\(name)", "A proxy does not change the path and query that it received: \(target).", .get(target),
            .forwarded(startsWith: "GET \(target) HTTP/1.1"))
    }

    private static func ours(_ name: String, _ sentence: String, _ target: String) -> Requirement {
        .may("sluice-target-\(name)", sentence, .get(target), .forwarded(startsWith: "GET \(target) HTTP/1.1"))
    }

    private static let badBytes: [Requirement] = [
        bad("quote", "A raw quote", "/a\"b"), bad("less", "A raw <", "/a<b"), bad("greater", "A raw >", "/a>b"),
        bad("backslash", "A raw \\ in a path", "/a\\b"), bad("caret", "A raw ^ in a path", "/a^b"),
        bad("brace", "A raw { in a path", "/a{b}"), bad("backtick", "A raw backtick in a path", "/a`b"),
        bad("percent-end", "A % at the end of a path", "/a%"), bad("percent-one", "A % with one digit", "/a%2"),
        bad("percent-letters", "A % with no hexadecimal digits", "/a%zz"),
        bad("percent-second", "A % with one hexadecimal digit and another letter", "/a%2g"),
        bad("percent-percent", "A doubled %", "/a%%41"), bad("percent-u", "The encoding %u", "/%u0041"),
        bad("percent-then-query", "A % cut by the query", "/a%4?1"),
        bad("query-quote", "A raw quote in a query", "/a?b=\"c\""), bad("query-less", "A raw < in a query", "/a?b=<c"),
        bad("query-greater", "A raw > in a query", "/a?b=>c"),
        bad("fragment", "A fragment", "/a#b"), bad("query-fragment", "A fragment after a query", "/a?b#c"),
        bad("nul", "NUL", "/a\0b"), bad("control", "The control character 0x01", "/a\u{01}b"),
        bad("escape", "ESC", "/\u{1B}[2J"), bad("unit-separator", "The control character 0x1F", "/a\u{1F}b"),
        bad("del", "DEL", "/a\u{7F}"), bad("tab-in-query", "A tab in a query", "/a?b\tc"),
        bad("8-bit", "A byte above ASCII", "/caf\u{E9}"), bad("utf-8", "UTF-8", "/caf\u{C3}\u{A9}"),
        bad("query-8-bit", "A byte above ASCII in a query", "/a?b=\u{E9}"), bad("high", "The byte 0xFF", "/\u{FF}"),
        bad("cr", "A bare CR", "/a\rb"), bad("lf", "A bare LF", "/a\nb"),
        bad("nul-at-end", "NUL at the end", "/a\0"),
    ]

    private static func bad(_ name: String, _ what: String, _ target: String) -> Requirement {
        .should(
            "9112-3.2-\(name)", "\(what) in a target is answered with 400.", .get(target), .refused([400]))
    }

    private static let badForms: [Requirement] = [
        bad("no-slash", "No slash first", "a/b"), bad("dot-first", "A dot first", "./a"),
        bad("query-alone", "A query alone", "?a=b"), bad("backslash-first", "A backslash first", "\\a"),
        bad("encoded-first", "An encoded slash first", "%2Fa"),
        bad("authority-with-get", "The authority form with GET", "a.example:80"),
        bad("host-alone", "A host alone", "a.example"), bad("no-scheme", "No scheme", "://a.example/"),
        bad("one-slash", "One slash after the scheme", "http:/a.example/"),
        bad("no-slashes", "No slash after the scheme", "http:a.example"),
        bad("bad-scheme", "A scheme of digits", "1http://a.example/"),
        bad("space-in-host", "A space in the host", "http://a .example/"),
        .must(
            "9110-4.2.1-empty-host", "An absolute target with an empty host is refused.", .get("http:///a"),
            .refused([400])),
        .must(
            "9110-4.2.1-empty-host-port", "An absolute target with a port alone is refused.", .get("http://:80/a"),
            .refused([400])),
        .should(
            "9110-4.2.4-user", "A user in an absolute target is treated as an error.",
            .get("http://user@a.example/"), .refused([400])),
        .should(
            "9110-4.2.4-password", "A user and a password in an absolute target are treated as an error.",
            .get("http://a.example:80@b.example/"), .refused([400])),
        bad("port-letters", "A port of letters", "http://a.example:x/"),
        bad("port-large", "The port 65536", "http://a.example:65536/"),
        bad("port-minus", "A negative port", "http://a.example:-1/"),
        bad("port-twice", "Two ports", "http://a.example:80:80/"),
        bad("open-bracket", "An open bracket", "http://[::1/"),
        bad("bracket-text", "Brackets around no address", "http://[a.example]/"),
        bad("absolute-fragment", "A fragment in an absolute target", "http://a.example/#a"),
        bad("absolute-backslash", "A backslash in the authority", "http://a.example\\@b.example/"),
        bad("absolute-nul", "NUL in the authority", "http://a.example\0/"),
        .may(
            "sluice-target-ftp", "A scheme that is not HTTP's is refused.", .get("ftp://a.example/"),
            .refused([400, 501])),
        .may(
            "sluice-target-javascript", "A URI without authority is refused.", .get("javascript:alert(1)"),
            .refused([400, 501])),
    ]

    private static let absolute: [Requirement] = [
        .must(
            "9112-3.2.2-absolute", "The absolute form is accepted and goes upstream in origin form.",
            .get("http://a.example/b?c=d"), .forwarded(startsWith: "GET /b?c=d HTTP/1.1", has: ["host: a.example"])),
        .must(
            "9112-3.2.1-empty-path", "An absolute target with an empty path goes upstream as a slash.",
            .get("http://a.example"), .forwarded(startsWith: "GET / HTTP/1.1", has: ["host: a.example"])),
        .must(
            "9112-3.2.1-empty-path-query", "An absolute target with a query and no path has its slash upstream.",
            .get("http://a.example?b=c"), .forwarded(startsWith: "GET /?b=c HTTP/1.1", has: ["host: a.example"])),
        .must(
            "9110-4.2.3-scheme-case", "A scheme is the same in any case.", .get("HTTP://a.example/b"),
            .forwarded(startsWith: "GET /b HTTP/1.1")),
        .must(
            "9110-4.2.3-host-case", "A host is the same in any case.", .get("http://A.EXAMPLE/b"),
            .forwarded(startsWith: "GET /b HTTP/1.1")),
        .must(
            "9112-3.2.2-port", "The Host that goes upstream is that of the absolute target, with its port.",
            "GET http://a.example:8080/b HTTP/1.1\r\nHost: a.example:8080\r\n\r\n",
            .forwarded(startsWith: "GET /b HTTP/1.1", has: ["host: a.example:8080"])),
        .must(
            "9112-3.2.2-ipv6", "An absolute target may name an IPv6 address.",
            "GET http://[2001:db8::1]:8080/b HTTP/1.1\r\nHost: [2001:db8::1]:8080\r\n\r\n",
            .forwarded(startsWith: "GET /b HTTP/1.1", has: ["host: [2001:db8::1]:8080"])),
        .must(
            "9112-3.2.2-old", "An absolute target gives an HTTP/1.0 request its Host.",
            "GET http://a.example/b HTTP/1.0\r\n\r\n",
            .forwarded(startsWith: "GET /b HTTP/1.1", has: ["host: a.example"])),
        .must(
            "9112-3.2-absolute-no-host", "An absolute target does not stand in for the Host of HTTP/1.1.",
            "GET http://a.example/b HTTP/1.1\r\n\r\n", .refused([400])),
        .may(
            "sluice-target-other-host", "An absolute target and a Host that disagree are refused.",
            .get("http://b.example/"), .refused([400])),
        .may(
            "sluice-target-other-port", "An absolute target and a Host whose ports differ are refused.",
            "GET http://a.example:81/ HTTP/1.1\r\nHost: a.example:82\r\n\r\n", .refused([400])),
        .may(
            "sluice-target-host-prefix", "A Host that only begins like the target's is another.",
            "GET http://a.example.evil.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n", .refused([400])),
        .may(
            "sluice-target-empty-host-field", "An absolute target and an empty Host disagree.",
            "GET http://a.example/ HTTP/1.1\r\nHost:\r\n\r\n", .refused([400])),
        .must(
            "9112-3.2.2-path-kept", "The path of an absolute target is not changed.",
            .get("http://a.example/a//b/../%2e"), .forwarded(startsWith: "GET /a//b/../%2e HTTP/1.1")),
    ]

    private static let asterisk: [Requirement] = [
        .must(
            "9112-3.2.4-options", "OPTIONS * goes upstream as it came.", .line("OPTIONS * HTTP/1.1"),
            .forwarded(startsWith: "OPTIONS * HTTP/1.1"), .answered(200)),
        .must(
            "9112-3.2.4-absolute-options", "OPTIONS for a whole server in absolute form goes upstream as *.",
            .line("OPTIONS http://a.example HTTP/1.1"),
            .forwarded(startsWith: "OPTIONS * HTTP/1.1", has: ["host: a.example"]), .answered(200)),
        .must(
            "9112-3.2.4-absolute-options-slash", "OPTIONS for the root in absolute form is not OPTIONS *.",
            .line("OPTIONS http://a.example/ HTTP/1.1"), .forwarded(startsWith: "OPTIONS / HTTP/1.1"), .answered(200)),
        .should(
            "9112-3.2.4-get", "The asterisk is for OPTIONS alone.", .line("GET * HTTP/1.1"), .refused([400])),
        .should(
            "9112-3.2.4-post", "The asterisk is not for POST.",
            "POST * HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\n\r\nhi", .refused([400])),
        .should(
            "9112-3.2.4-lower-case", "A method that only looks like OPTIONS may not have the asterisk.",
            .line("options * HTTP/1.1"), .refused([400])),
        .should(
            "9112-3.2.4-more", "Nothing follows the asterisk.", .line("OPTIONS *a HTTP/1.1"), .refused([400])),
        .should("9112-3.2.4-twice", "One asterisk is enough.", .line("OPTIONS ** HTTP/1.1"), .refused([400])),
    ]

    private static let connect: [Requirement] = [
        .may(
            "sluice-connect-refused", "CONNECT is answered with 501 unless it is configured.",
            "CONNECT b.example:443 HTTP/1.1\r\nHost: b.example:443\r\n\r\n", .refused([501])),
        .must(
            "9110-9.3.6-origin-form", "CONNECT has the authority form: a path is refused.",
            .line("CONNECT /a HTTP/1.1"), .refused([400, 501])),
        .must(
            "9110-9.3.6-absolute-form", "CONNECT has the authority form: an absolute target is refused.",
            .line("CONNECT http://a.example:80/ HTTP/1.1"), .refused([400, 501])),
        connect("no-port", "CONNECT without a port is refused.", "b.example"),
        connect("empty-port", "CONNECT with an empty port is refused.", "b.example:"),
        connect("port-letters", "CONNECT with a port of letters is refused.", "b.example:https"),
        connect("port-large", "CONNECT with a port past 65535 is refused.", "b.example:65536"),
        connect("user", "CONNECT with a user is refused.", "u@b.example:443"),
        connect("no-host", "CONNECT without a host is refused.", ":443"),
        connect("slash", "CONNECT with a path after the port is refused.", "b.example:443/"),
        connect("asterisk", "CONNECT with the asterisk is refused.", "*"),
    ]

    private static func connect(_ name: String, _ sentence: String, _ target: String) -> Requirement {
        .must(
            "9110-9.3.6-\(name)", sentence, "CONNECT \(target) HTTP/1.1\r\nHost: b.example:443\r\n\r\n",
            options: Options(top: "connect: forward"), .refused([400]))
    }
}

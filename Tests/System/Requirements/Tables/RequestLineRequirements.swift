/// Request lines, methods and versions: RFC 9112, sections 2 and 3, and RFC 9110, sections 2.5 and 9.
enum RequestLineRequirements {
    static let all = grammar + separators + versions + otherProtocols + good

    private static let grammar: [Requirement] = [
        .should("9112-3-one-word", "A request line of one word is answered with 400.", .line("GET"), .refused([400])),
        .should(
            "9112-3-no-target", "A request line without target is answered with 400.", .line("GET HTTP/1.1"),
            .refused([400])),
        .should(
            "9112-3-empty-target", "A request line with an empty target is answered with 400.", .line("GET  HTTP/1.1"),
            .refused([400])),
        .should(
            "9112-3-no-version", "A request line without version is no HTTP/1.1.", .line("GET /"),
            .refused([400, 505])),
        .should("9112-3-no-method", "A request line begins with a method.", .line("/ HTTP/1.1"), .refused([400])),
        .should(
            "9112-3-four-words", "A request line has three words: a space in the target is no target.",
            .line("GET /a b HTTP/1.1"), .refused([400])),
        .mustNot(
            "9112-3-field-in-line", "What follows the version on its line is not taken for a field.",
            "GET / HTTP/1.1 Host: a.example\r\n\r\n", .refused([400])),
        .should("9110-9.1-method-colon", "A method is a token: no colon.", .line("GE:T / HTTP/1.1"), .refused([400])),
        .should("9110-9.1-method-comma", "A method is a token: no comma.", .line("GET,A / HTTP/1.1"), .refused([400])),
        .should("9110-9.1-method-slash", "A method is a token: no slash.", .line("G/T / HTTP/1.1"), .refused([400])),
        .should("9110-9.1-method-at", "A method is a token: no at sign.", .line("G@T / HTTP/1.1"), .refused([400])),
        .should(
            "9110-9.1-method-parentheses", "A method is a token: no parentheses.", .line("GET() / HTTP/1.1"),
            .refused([400])),
        .should(
            "9110-9.1-method-bracket", "A method is a token: no brackets.", .line("[GET] / HTTP/1.1"),
            .refused([400])),
        .should(
            "9110-9.1-method-brace", "A method is a token: no braces.", .line("{GET} / HTTP/1.1"), .refused([400])),
        .should(
            "9110-9.1-method-quote", "A method is a token: no quotes.", .line("\"GET\" / HTTP/1.1"), .refused([400])),
        .should(
            "9110-9.1-method-equals", "A method is a token: no equals sign.", .line("G=T / HTTP/1.1"),
            .refused([400])),
        .should("9110-9.1-method-nul", "A method is a token: no NUL.", .line("G\0T / HTTP/1.1"), .refused([400])),
        .should("9110-9.1-method-del", "A method is a token: no DEL.", .line("G\u{7F}T / HTTP/1.1"), .refused([400])),
        .should(
            "9110-9.1-method-escape", "A method is a token: no control character.", .line("G\u{1B}T / HTTP/1.1"),
            .refused([400])),
        .should(
            "9110-9.1-method-8-bit", "A method is a token: no byte above ASCII.", .line("G\u{C9}T / HTTP/1.1"),
            .refused([400])),
        .should(
            "9110-9.1-method-bom", "A byte order mark is no part of a method.",
            .line("\u{EF}\u{BB}\u{BF}GET / HTTP/1.1"),
            .refused([400])),
    ]

    /// RFC 9112, section 3, lets a lenient parser take other white space; that is where parsers come to differ.
    private static let separators: [Requirement] = [
        .may(
            "9112-3-two-spaces-target", "One space stands before the target: two are refused.",
            .line("GET  / HTTP/1.1"), .refused([400])),
        .may(
            "9112-3-two-spaces-version", "One space stands before the version: two are refused.",
            .line("GET /  HTTP/1.1"), .refused([400])),
        .may(
            "9112-3-tab-target", "A tab is no space in a request line.", .line("GET\t/ HTTP/1.1"), .refused([400])),
        .may(
            "9112-3-tab-version", "A tab is no space before the version.", .line("GET /\tHTTP/1.1"), .refused([400])),
        .may(
            "9112-3-vertical-tab", "A vertical tab is no space in a request line.", .line("GET\u{0B}/ HTTP/1.1"),
            .refused([400])),
        .may(
            "9112-3-form-feed", "A form feed is no space in a request line.", .line("GET /\u{0C}HTTP/1.1"),
            .refused([400])),
        .may(
            "9112-3-no-break-space", "The byte 0xA0 is no space in a request line.", .line("GET\u{A0}/ HTTP/1.1"),
            .refused([400])),
        .must(
            "9112-2.2-cr-separator", "A bare CR in a request line is refused.", .line("GET\r/ HTTP/1.1"),
            .refused([400])),
        .may(
            "9112-3-space-first", "A space before the method is refused.", .line(" GET / HTTP/1.1"), .refused([400])),
        .may("9112-3-tab-first", "A tab before the method is refused.", .line("\tGET / HTTP/1.1"), .refused([400])),
        .may(
            "9112-3-space-last", "A space after the version is refused.", .line("GET / HTTP/1.1 "), .refused([400])),
        .may("9112-3-tab-last", "A tab after the version is refused.", .line("GET / HTTP/1.1\t"), .refused([400])),
        .may(
            "9112-2.2-lf-ends-line", "A request line ends with CRLF: LF alone is refused.",
            "GET / HTTP/1.1\nHost: a.example\r\n\r\n", .refused([400])),
        .must(
            "9112-2.2-cr-ends-line", "A request line ends with CRLF: CR alone is refused.",
            "GET / HTTP/1.1\rHost: a.example\r\n\r\n", .refused([400])),
        .must(
            "9112-2.2-cr-cr-lf", "CR CR LF holds a bare CR.", "GET / HTTP/1.1\r\r\nHost: a.example\r\n\r\n",
            .refused([400])),
        .may(
            "9112-2.2-lf-cr", "LF CR is no line end.", "GET / HTTP/1.1\n\rHost: a.example\r\n\r\n", .refused([400])),
        .must(
            "9112-2.2-space-before-fields", "White space between the request line and the first field is refused.",
            "GET / HTTP/1.1\r\n Host: a.example\r\n\r\n", .refused([400])),
        .must(
            "9112-2.2-tab-before-fields", "A tab between the request line and the first field is refused.",
            "GET / HTTP/1.1\r\n\tX: 1\r\nHost: a.example\r\n\r\n", .refused([400])),
        .must(
            "9112-2.2-blank-before-fields", "A line of one space before the fields is refused.",
            "GET / HTTP/1.1\r\n \r\nHost: a.example\r\n\r\n", .refused([400])),
    ]

    private static let versions: [Requirement] = [
        version("lower-case", "The name HTTP is case-sensitive.", "http/1.1"),
        version("mixed-case", "The name HTTP is case-sensitive in each letter.", "Http/1.1"),
        version("other-name", "Another protocol's name is refused.", "ICAP/1.0"),
        version("https", "HTTPS is no protocol name.", "HTTPS/1.1"),
        version("two-digits", "A minor version is one digit.", "HTTP/1.11"),
        version("two-digits-major", "A major version is one digit.", "HTTP/11.1"),
        version("leading-zero", "A major version has no leading zero.", "HTTP/01.1"),
        version("no-minor", "A version has a minor number.", "HTTP/1"),
        version("dot-only", "A version does not end with its dot.", "HTTP/1."),
        version("three-parts", "A version has two numbers.", "HTTP/1.1.1"),
        version("plus", "A version holds no sign.", "HTTP/+1.1"),
        version("comma", "A version has a dot, no comma.", "HTTP/1,1"),
        version("letter", "A version has digits, no letters.", "HTTP/x.1"),
        version("no-slash", "A version has a slash.", "HTTP 1.1"),
        version("two-slashes", "A version has one slash.", "HTTP//1.1"),
        version("nul", "A version holds no NUL.", "HTTP/1.1\0"),
        version("8-bit", "A version holds no byte above ASCII.", "HTTP/1.\u{B9}"),
        version("backslash", "A version has no backslash.", "HTTP\\1.1"),
        .should(
            "9110-15.6.6-major-2", "A major version that is not spoken here is answered with 505.",
            .line("GET / HTTP/2.0"), .refused([505])),
        .should("9110-15.6.6-major-3", "HTTP/3 is not spoken here.", .line("GET / HTTP/3.0"), .refused([505])),
        .should("9110-15.6.6-major-0", "HTTP/0.9 has no version.", .line("GET / HTTP/0.9"), .refused([400, 505])),
        .should(
            "9110-2.5-higher-minor", "HTTP/1.2 is taken as the highest version of its major one that is known.",
            .line("GET /a HTTP/1.2"), .forwarded(startsWith: "GET /a HTTP/1.1")),
        .should(
            "9110-2.5-minor-9", "HTTP/1.9 is taken as HTTP/1.1, and the connection goes on.",
            .line("GET /a HTTP/1.9"), .forwarded(startsWith: "GET /a HTTP/1.1"), .connection(.reused)),
        .must(
            "9110-6.2-own-version", "An intermediary sends its own version, not the one that it received.",
            "GET /a HTTP/1.0\r\nHost: a.example\r\n\r\n", .forwarded(startsWith: "GET /a HTTP/1.1")),
        .must(
            "9110-6.2-answer-version", "The answer to HTTP/1.0 carries our version.",
            "GET /a HTTP/1.0\r\nHost: a.example\r\n\r\n", .clientReceived("HTTP/1.1 200")),
    ]

    private static func version(_ name: String, _ sentence: String, _ version: String) -> Requirement {
        .should("9112-2.3-\(name)", sentence, .line("GET / \(version)"), .refused([400, 505]))
    }

    private static let otherProtocols: [Requirement] = [
        .should(
            "9113-3.4-preface", "The preface of HTTP/2 is refused.", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            .refused([400, 505])),
        .may("sluice-protocol-0.9", "HTTP/0.9 is refused.", "GET /\r\n\r\n", .refused([400, 505])),
        .may(
            "sluice-protocol-tls", "A TLS hello is refused.",
            "\u{16}\u{03}\u{01}\0\u{05}\u{01}\0\0\u{01}\u{03}\r\n\r\n",
            .refused([400])),
        .may("sluice-protocol-ssh", "An SSH banner is refused.", "SSH-2.0-OpenSSH_9.2\r\n\r\n", .refused([400])),
        .may("sluice-protocol-smtp", "SMTP is refused.", "EHLO a.example\r\n\r\n", .refused([400])),
        .may("sluice-protocol-redis", "Redis is refused.", "*1\r\n$4\r\nPING\r\n\r\n", .refused([400])),
        .may(
            "sluice-protocol-proxy-1", "The PROXY protocol is not spoken here.",
            "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET / HTTP/1.1\r\nHost: a.example\r\n\r\n", .refused([400])),
        .may(
            "sluice-protocol-proxy-2", "The binary PROXY protocol is not spoken here.",
            "\r\n\r\n\0\r\nQUIT\n\u{21}\u{11}\0\u{0C}\u{7F}\0\0\u{01}\u{7F}\0\0\u{01}\0P\0P\r\n\r\n", .refused([400])),
        .may(
            "sluice-protocol-response", "A response is no request.", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            .refused([400, 505])),
        .may(
            "sluice-protocol-zeros", "A block of NUL bytes is refused.",
            "\(String(repeating: "\0", count: 64))\r\n\r\n", .refused([400])),
    ]

    private static let good: [Requirement] = [
        .must(
            "9110-9.1-case", "A method is case-sensitive: small letters pass as they are.", .line("get /a HTTP/1.1"),
            .forwarded(startsWith: "get /a HTTP/1.1")),
        .should(
            "9112-2.2-crlf-before-line", "An empty line before the request line is ignored.",
            "\r\nGET /a HTTP/1.1\r\nHost: a.example\r\n\r\n",
            .forwarded(startsWith: "GET /a HTTP/1.1")),
        .may(
            "9112-2.2-two-crlf-before-line", "Two empty lines before the request line are ignored.",
            "\r\n\r\nGET /a HTTP/1.1\r\nHost: a.example\r\n\r\n", .forwarded(startsWith: "GET /a HTTP/1.1")),
        .may(
            "sluice-method-tokens", "Every token character may stand in a method.",
            .line("!#$%&'*+-.^_`|~09az / HTTP/1.1"), .forwarded(startsWith: "!#$%&'*+-.^_`|~09az / HTTP/1.1")),
        .may(
            "sluice-method-long", "A method of 64 characters passes.",
            .line("\(String(repeating: "M", count: 64)) / HTTP/1.1"),
            .forwarded(startsWith: "\(String(repeating: "M", count: 64)) / HTTP/1.1")),
        .must(
            "9112-2.2-split", "A request that comes byte by byte is the same request.",
            ClientScript.get("/a", "X: 1\r\n").byByte,
            .forwarded(startsWith: "GET /a HTTP/1.1", has: ["x: 1"]), .requests(1)),
        .must(
            "9112-9.3-persistent", "A connection persists by default, on both sides.", .get("/a"),
            .forwarded(startsWith: "GET /a HTTP/1.1"), .connection(.reused), .upstreamSocket(.reused)),
        method("head", "HEAD"), method("put", "PUT"), method("delete", "DELETE"), method("patch", "PATCH"),
        method("options", "OPTIONS"), method("trace", "TRACE"), method("propfind", "PROPFIND"),
        method("m-search", "M-SEARCH"), method("version-control", "VERSION-CONTROL"), method("query", "QUERY"),
        method("purge", "PURGE"), method("unknown", "FROBNICATE"), method("one-letter", "X"),
        method("prefix-of-get", "GE"), method("get-and-more", "GETX"),
    ]

    /// RFC 9110, section 9.1: an intermediary passes on methods that it does not know.
    private static func method(_ name: String, _ method: String) -> Requirement {
        .must(
            "9110-9.1-pass-\(name)", "The method \(method) passes.",
            .line("\(method) /a HTTP/1.1"), .forwarded(startsWith: "\(method) /a HTTP/1.1"), .answered(200),
            .connection(.reused))
    }
}

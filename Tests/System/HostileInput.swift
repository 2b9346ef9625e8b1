import Testing

/// A request that no proxy may pass on, and what may be said to it.
struct HostileInput: Sendable {
    /// What is wrong with it.
    let name: String
    /// The bytes.
    let bytes: [UInt8]
    /// The statuses that RFC 9110 and 9112 leave room for.
    let statuses: Set<Int>

    init(_ name: String, _ text: String, _ statuses: Set<Int> = [400]) {
        self.init(name, Array(text.utf8), statuses)
    }

    init(_ name: String, _ bytes: [UInt8], _ statuses: Set<Int> = [400]) {
        self.name = name
        self.bytes = bytes
        self.statuses = statuses
    }

    /// Inputs about one thing.
    struct Group: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let inputs: [HostileInput]
    }

    /// All of them.
    static let groups = [
        Group(testDescription: "request lines", inputs: requestLines),
        Group(testDescription: "targets", inputs: targets),
        Group(testDescription: "Host", inputs: hosts),
        Group(testDescription: "field lines", inputs: fieldLines),
        Group(testDescription: "bytes in fields", inputs: fieldBytes),
        Group(testDescription: "Content-Length", inputs: lengths),
        Group(testDescription: "Transfer-Encoding", inputs: codings),
        Group(testDescription: "other protocols", inputs: protocols),
    ]

    /// `GET / HTTP/1.1` with `fields` and a good Host.
    static func get(_ fields: String) -> String { "GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n" }

    /// `POST / HTTP/1.1` with `fields`, a good Host and `body`.
    static func post(_ fields: String, _ body: String = "hello") -> String {
        "POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\(body)"
    }

    /// RFC 9112, section 3, and RFC 9110, section 9.1.
    private static let requestLines: [HostileInput] = {
        let lines: [(String, String, Set<Int>)] = [
            ("no version", "GET /", [400, 505]), ("no target", "GET HTTP/1.1", [400]), ("one word", "GET", [400]),
            ("two spaces after the method", "GET  / HTTP/1.1", [400]),
            ("two spaces before the version", "GET /  HTTP/1.1", [400]),
            ("tab for a space", "GET\t/ HTTP/1.1", [400]), ("tab before the version", "GET /\tHTTP/1.1", [400]),
            ("vertical tab", "GET\u{0B}/ HTTP/1.1", [400]), ("form feed", "GET /\u{0C}HTTP/1.1", [400]),
            ("a space at the start", " GET / HTTP/1.1", [400]), ("a tab at the start", "\tGET / HTTP/1.1", [400]),
            ("a space at the end", "GET / HTTP/1.1 ", [400]), ("four words", "GET / x HTTP/1.1", [400]),
            ("lower-case protocol", "GET / http/1.1", [400, 505]), ("other protocol", "GET / ICAP/1.0", [400, 505]),
            ("version 2.0", "GET / HTTP/2.0", [400, 505]), ("version 3.0", "GET / HTTP/3.0", [400, 505]),
            ("version 0.9", "GET / HTTP/0.9", [400, 505]), ("version 1", "GET / HTTP/1", [400, 505]),
            ("version 1.", "GET / HTTP/1.", [400, 505]), ("version 1.11", "GET / HTTP/1.11", [400, 505]),
            ("version 11.1", "GET / HTTP/11.1", [400, 505]), ("version +1.1", "GET / HTTP/+1.1", [400, 505]),
            ("version 1,1", "GET / HTTP/1,1", [400, 505]), ("version x.1", "GET / HTTP/x.1", [400, 505]),
            ("version without slash", "GET / HTTP 1.1", [400, 505]), ("no method", "/ HTTP/1.1", [400]),
            ("empty method", " / HTTP/1.1", [400]), ("colon in method", "GE:T / HTTP/1.1", [400]),
            ("comma in method", "GET,POST / HTTP/1.1", [400]), ("slash in method", "G/T / HTTP/1.1", [400]),
            ("parenthesis in method", "GET() / HTTP/1.1", [400]), ("quote in method", "\"GET\" / HTTP/1.1", [400]),
            ("NUL in method", "G\u{0}T / HTTP/1.1", [400]), ("byte above ASCII in method", "GÉT / HTTP/1.1", [400]),
            ("escape in method", "G\u{1B}T / HTTP/1.1", [400]), ("DEL in method", "G\u{7F}T / HTTP/1.1", [400]),
        ]
        return lines.map { HostileInput($0.0, "\($0.1)\r\nHost: a\r\n\r\n", $0.2) } + [
            HostileInput("CR alone ends the line", "GET / HTTP/1.1\rHost: a\r\n\r\n"),
            HostileInput("CR CR LF", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n"),
            HostileInput("a field in the request line", "GET / HTTP/1.1 Host: a\r\n\r\n"),
            HostileInput("a space between line and fields", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
        ]
    }()

    /// RFC 9112, section 3.2.
    private static let targets: [HostileInput] = {
        let targets: [(String, String, Set<Int>)] = [
            ("no slash", "x", [400]), ("dot", "./x", [400]), ("query alone", "?x", [400]), ("fragment", "/#x", [400]),
            ("fragment after query", "/?a#b", [400]), ("asterisk with GET", "*", [400]),
            ("asterisk and more", "/*\u{0}", [400]),
            ("NUL", "/a\u{0}b", [400]), ("CR", "/a\rb", [400]), ("DEL", "/a\u{7F}", [400]),
            ("escape", "/\u{1B}[2J", [400]),
            ("authority with GET", "a:80", [400]),

            ("bytes above ASCII", "/é", [400]),

            ("absolute without host", "http:///x", [400]), ("absolute with user", "http://u:p@a/", [400]),
            ("absolute with bad port", "http://a:x/", [400]), ("absolute with port 65536", "http://a:65536/", [400]),
            ("absolute, open bracket", "http://[::1/", [400]), ("absolute, unknown scheme", "ftp://a/", [400, 501]),
            ("absolute, space in host", "http://a b/", [400]), ("absolute, no scheme", "://a/", [400]),
        ]
        return targets.map { HostileInput($0.0, "GET \($0.1) HTTP/1.1\r\nHost: a\r\n\r\n", $0.2) }
    }()

    /// RFC 9112, section 3.2, and RFC 9110, section 7.2.
    private static let hosts: [HostileInput] =
        [
            HostileInput("none", "GET / HTTP/1.1\r\n\r\n"),
            HostileInput("none, another field", "GET / HTTP/1.1\r\nX-Host: a\r\n\r\n"),
            HostileInput("two", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
            HostileInput("two that agree", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
            HostileInput("two in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
            HostileInput("two, different case", "GET / HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n"),
        ]
        + [
            ("a list", "a, b"), ("a space", "a b"), ("a slash", "a/b"), ("a user", "u@a"), ("a query", "a?b"),
            ("a fragment", "a#b"), ("a bad port", "a:x"), ("a port too large", "a:65536"), ("two ports", "a:1:2"),
            ("an open bracket", "[::1"), ("a closed bracket", "::1]"), ("an empty bracket", "[]"),
            ("no host but a port", ":80"),
            ("NUL", "a\u{0}"), ("bytes above ASCII", "é"), ("a backslash", "a\\b"), ("angle brackets", "<a>"),
            ("a minus port", "a:-1"), ("a whole URL", "http://a"), ("a bad percent", "a%zz"),
        ].map { HostileInput($0.0, "GET / HTTP/1.1\r\nHost: \($0.1)\r\n\r\n") }

    /// RFC 9112, section 5: names, colons, folding, line ends.
    private static let fieldLines: [HostileInput] =
        [
            ("space before the colon", "X-A : 1\r\n"), ("tab before the colon", "X-A\t: 1\r\n"),
            ("space before the colon of a length", "Content-Length : 5\r\n"),
            ("space before the colon of a coding", "Transfer-Encoding : chunked\r\n"),
            ("no colon", "X-A\r\n"), ("no name", ": 1\r\n"), ("a space for a name", " : 1\r\n"),
            ("folded with a space", "X-A: 1\r\n 2\r\n"), ("folded with a tab", "X-A: 1\r\n\t2\r\n"),
            ("folded and empty", "X-A: 1\r\n \r\n"), ("folded coding", "Transfer-Encoding:\r\n chunked\r\n"),
            ("a space in the name", "X A: 1\r\n"), ("a parenthesis in the name", "X(A): 1\r\n"),
            ("a slash in the name", "X/A: 1\r\n"), ("an at sign in the name", "X@A: 1\r\n"),
            ("brackets in the name", "X[A]: 1\r\n"), ("a comma in the name", "X,A: 1\r\n"),
            ("a quote in the name", "\"X\": 1\r\n"), ("an equals sign in the name", "X=A: 1\r\n"),
            ("a semicolon in the name", "X;A: 1\r\n"), ("a backslash in the name", "X\\A: 1\r\n"),
            ("bytes above ASCII in the name", "X-É: 1\r\n"), ("NUL in the name", "X\u{0}A: 1\r\n"),
            ("DEL in the name", "X\u{7F}: 1\r\n"), ("CR in the name", "X\rA: 1\r\n"),
        ].map { HostileInput($0.0, get($0.1)) } + [
            HostileInput("CR alone ends a field", "GET / HTTP/1.1\r\nHost: a\rX: 1\r\n\r\n"),
            HostileInput("CR CR LF ends a field", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n"),
            HostileInput("CR CR LF ends the head", "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n\r\n"),
        ]

    /// RFC 9110, section 5.5: CR, LF and NUL in values, and other controls.
    private static let fieldBytes: [HostileInput] =
        ([UInt8(0)...8, 11...12, 14...31, 127...127] as [ClosedRange<UInt8>])
        .flatMap { Array($0) }.map { byte in
            HostileInput(
                "byte \(byte) in a value",
                Array("GET / HTTP/1.1\r\nHost: a\r\nX: a".utf8) + [byte] + Array("b\r\n\r\n".utf8))
        } + [
            HostileInput("CR in a value", get("X: a\rb\r\n")),
            HostileInput("CR at the end of a value", get("X: a\r\r\n")),
        ]

    /// RFC 9110, section 8.6, and RFC 9112, section 6.3.
    private static let lengths: [HostileInput] =
        [
            ("minus", "-5"), ("plus", "+5"), ("hexadecimal", "0x5"), ("a point", "5.0"), ("letters", "five"),
            ("empty", ""),
            ("two words", "5 5"), ("a list that differs", "5, 6"), ("an empty element", "5,"),
            ("an element before", ",5"),
            ("an exponent", "5e0"), ("underscore", "1_0"), ("past 64 bits", "18446744073709551616"),
            ("past 63 bits", "9223372036854775808"), ("a hundred digits", String(repeating: "9", count: 100)),
            ("quotes", "\"5\""), ("other digits", "٥"), ("a semicolon", "5;"),
        ].map { HostileInput($0.0, post("Content-Length: \($0.1)\r\n"), [400, 413]) } + [
            HostileInput("two that differ", post("Content-Length: 5\r\nContent-Length: 6\r\n")),
            HostileInput("two, one bad", post("Content-Length: 5\r\nContent-Length: x\r\n")),
            HostileInput(
                "three, the last differs", post("Content-Length: 5\r\nContent-Length: 5\r\nContent-Length: 0\r\n")),
            HostileInput("two in HTTP/1.0", "POST / HTTP/1.0\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
        ]

    /// RFC 9112, sections 6.1 and 7.
    private static let codings: [HostileInput] =
        [
            HostileInput("with a length", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n")),
            HostileInput("after a length", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
            HostileInput(
                "with a length of zero", post("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
            HostileInput("in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ]
        + [
            ("unknown", "gzip2"), ("identity", "identity"), ("not last", "chunked, gzip"),
            ("twice", "chunked, chunked"),
            ("gzip alone", "gzip"), ("empty", ""), ("a quoted word", "\"chunked\""), ("a parameter", "chunked;q=1"),
            ("a prefix", "xchunked"), ("a suffix", "chunkedx"), ("a space within", "chun ked"), ("a comma alone", ","),
            ("with vertical tab", "\u{0B}chunked"), ("with NUL", "chunked\u{0}"),
            ("chunked and identity", "chunked, identity"),
            ("a semicolon", "chunked;"),
        ].map { HostileInput($0.0, post("Transfer-Encoding: \($0.1)\r\n", "0\r\n\r\n"), [400, 501]) } + [
            HostileInput(
                "two fields", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
                [400, 501]),
            HostileInput(
                "two fields, not last", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", "0\r\n\r\n"),
                [400, 501]),
            HostileInput("not last with a length", post("Transfer-Encoding: x\r\nContent-Length: 5\r\n"), [400, 501]),
        ]

    /// What else arrives on a port that is open.
    private static let protocols: [HostileInput] = [
        HostileInput("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400, 505]),
        HostileInput("TLS", [0x16, 0x03, 0x01, 0x00, 0x05, 0x01, 0x00, 0x00, 0x01, 0x03, 13, 10, 13, 10]),
        HostileInput("SSH", "SSH-2.0-OpenSSH_9.2\r\n\r\n"),
        HostileInput("SMTP", "EHLO a.example\r\n\r\n"),
        HostileInput("PROXY protocol", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        HostileInput("a response", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", [400, 505]),
        HostileInput("HTTP/0.9", "GET /\r\n\r\n", [400, 505]),
        HostileInput("NUL bytes", [UInt8](repeating: 0, count: 64) + [13, 10, 13, 10]),
        HostileInput("bytes of 255", [UInt8](repeating: 255, count: 64) + [13, 10, 13, 10]),
        HostileInput("CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", [400, 403, 405, 501]),
        HostileInput("CONNECT with a path", "CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", [400, 405, 501]),
    ]
}

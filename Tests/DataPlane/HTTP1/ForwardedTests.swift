import Control
import Testing

@testable import DataPlane

@Suite("forwarding fields: RFC 7239")
struct ForwardedTests {
    typealias Case = RequestWritingTests.Case
    private static let host = " HTTP/1.1\r\nHost: h\r\n"
    private static let xOwn = "X-Forwarded-For: 9.8.7.6\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: h\r\n"
    private static let own = "\(xOwn)Forwarded: for=9.8.7.6;host=h;proto=http\r\n"
    private static let append = WriteOptions(forwarded: .append)
    private static let untrusted = WriteOptions(forwarded: .append, isTrusted: false)

    static let elements: [Case] = [
        Case(
            "4: a port is no token", "GET / HTTP/1.1\r\nHost: example.com:8080\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: example.com:8080\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: http\r\n"
                + "X-Forwarded-Host: example.com:8080\r\n"
                + "Forwarded: for=192.0.2.1;host=\"example.com:8080\";proto=http\r\n\r\n",
            WriteOptions(forwarded: .append, client: "192.0.2.1")),
        Case(
            "6: IPv6 stands in brackets and quotes", "GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: [::1]\r\nX-Forwarded-For: 2001:db8::1\r\nX-Forwarded-Proto: http\r\n"
                + "X-Forwarded-Host: [::1]\r\nForwarded: for=\"[2001:db8::1]\";host=\"[::1]\";proto=http\r\n\r\n",
            WriteOptions(forwarded: .append, client: "2001:db8::1")),
        Case(
            "6.2: a client without an address is unknown", "GET /\(host)\r\n",
            "GET /\(host)X-Forwarded-Proto: http\r\nX-Forwarded-Host: h\r\n"
                + "Forwarded: for=unknown;host=h;proto=http\r\n\r\n", WriteOptions(forwarded: .append, client: "")),
        Case(
            "5.3: no host was asked for", "GET / HTTP/1.1\r\nHost:\r\n\r\n",
            "GET / HTTP/1.1\r\nHost:\r\nX-Forwarded-For: 9.8.7.6\r\nX-Forwarded-Proto: http\r\n"
                + "Forwarded: for=9.8.7.6;proto=http\r\n\r\n", append),
        Case(
            "4: a host with all that a name may hold", "GET / HTTP/1.1\r\nHost: a!$&'()*+,;=%2F\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a!$&'()*+,;=%2F\r\nX-Forwarded-For: 9.8.7.6\r\nX-Forwarded-Proto: http\r\n"
                + "X-Forwarded-Host: a!$&'()*+,;=%2F\r\n"
                + "Forwarded: for=9.8.7.6;host=\"a!$&'()*+,;=%2F\";proto=http\r\n\r\n", append),
    ]

    static let appended: [Case] = [
        Case("nothing came: both are written", "GET /\(host)\r\n", "GET /\(host)\(own)\r\n", append),
        Case(
            "X-Forwarded-For came: no Forwarded that would say less",
            "GET /\(host)X-Forwarded-For: a\r\n\r\n",
            "GET /\(host)X-Forwarded-For: a, 9.8.7.6\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: h\r\n\r\n",
            append),
        Case(
            "X-Forwarded-Proto came: likewise", "GET /\(host)X-Forwarded-Proto: https\r\n\r\n",
            "GET /\(host)X-Forwarded-Proto: https\r\nX-Forwarded-For: 9.8.7.6\r\nX-Forwarded-Host: h\r\n\r\n", append),
        Case(
            "Forwarded came: ours stands behind it", "GET /\(host)forwarded: for=a \r\nB: c\r\n\r\n",
            "GET /\(host)forwarded: for=a, for=9.8.7.6;host=h;proto=http \r\nB: c\r\n\(xOwn)\r\n", append),
        Case(
            "two came: behind the last one", "GET /\(host)Forwarded: for=a\r\nForwarded: for=b;by=c\r\n\r\n",
            "GET /\(host)Forwarded: for=a\r\nForwarded: for=b;by=c, for=9.8.7.6;host=h;proto=http\r\n\(xOwn)\r\n",
            append),
        Case(
            "an empty one came", "GET /\(host)Forwarded:\r\n\r\n",
            "GET /\(host)Forwarded:for=9.8.7.6;host=h;proto=http\r\n\(xOwn)\r\n", append),
        Case(
            "both came", "GET /\(host)Forwarded: for=a\r\nX-Forwarded-For: a\r\n\r\n",
            "GET /\(host)Forwarded: for=a, for=9.8.7.6;host=h;proto=http\r\nX-Forwarded-For: a, 9.8.7.6\r\n"
                + "X-Forwarded-Proto: http\r\nX-Forwarded-Host: h\r\n\r\n", append),
        Case(
            "a broken one came: nothing is put where it would be swallowed",
            "GET /\(host)Forwarded: for=\"a\r\n\r\n", "GET /\(host)\(own)\r\n", append),
        Case(
            "a broken one came before a good one, which it would swallow",
            "GET /\(host)Forwarded: for=\"a\r\nB: c\r\nForwarded: for=b\r\n\r\n",
            "GET /\(host)B: c\r\n\(own)\r\n", append),
        Case(
            "a broken one came beside X-Forwarded-For", "GET /\(host)Forwarded: for\r\nX-Forwarded-For: a\r\n\r\n",
            "GET /\(host)X-Forwarded-For: a, 9.8.7.6\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: h\r\n\r\n",
            append),
        Case(
            "no Connection option takes it away", "GET /\(host)Connection: forwarded\r\nForwarded: for=a\r\n\r\n",
            "GET /\(host)Forwarded: for=a, for=9.8.7.6;host=h;proto=http\r\n\(xOwn)\r\n", append),
        Case(
            "from a client that is not believed", "GET /\(host)Forwarded: for=a\r\nX-Forwarded-For: a\r\nB: c\r\n\r\n",
            "GET /\(host)B: c\r\n\(own)\r\n", untrusted),
        Case(
            "from one that sends all of them", "GET /\(host)X-Forwarded-Host: a\r\nX-Forwarded-Proto: b\r\n\r\n",
            "GET /\(host)\(own)\r\n", untrusted),
        Case(
            "what is left alone is so whoever sends it", "GET /\(host)Forwarded: for=\"\r\n\r\n",
            "GET /\(host)Forwarded: for=\"\r\n\r\n", WriteOptions(forwarded: .leave, isTrusted: false)),
    ]

    @Test("say who asked, in which protocol, for which host", arguments: elements)
    func writesElements(_ wanted: Case) throws { #expect(try rewrite(wanted.came, wanted.options) == wanted.goes) }

    @Test("never contradict each other", arguments: appended)
    func writesAppended(_ wanted: Case) throws { #expect(try rewrite(wanted.came, wanted.options) == wanted.goes) }

    static let values: [(String, Bool)] = [
        ("", true), (",", true), (" , ,", true), ("for=a", true), ("for=a;by=b", true), ("for=a;;by=b;", true),
        (";", true), ("for=a,for=b", true), ("for=a \t,\t for=b", true), ("For=\"[2001:db8::1]:80\"", true),
        ("for=\"a, b\"", true), ("for=\"a\\\"b\"", true), ("for=\"\"", true), ("for=\"a\\\\\";by=c", true),
        ("secret=x;for=\"_gazonk\"", true),
        ("for", false), ("for=", false), ("=a", false), ("for=a b", false), ("for =a", false), ("for= a", false),
        ("for=a ;by=b", false), ("for=a; by=b", false), ("for=\"a", false), ("for=\"a\\\"", false), ("for=\"\\", false),
        ("for=\"a\"b", false), ("for=[::1]", false), ("for=a:80", false), ("for=a, \"", false), ("for=a,for", false),
        ("for=\u{E9}", false), ("for=\"\u{E9}\"", true),
    ]

    @Test("what came is added to only when it is a list by the grammar: 4", arguments: values)
    func valid(value: String, isValid: Bool) {
        // With bytes behind it that must not be looked at.
        for tail in ["", "\"", "=b;c=\"d\""] {
            let bytes = [UInt8](value + tail)
            let range = ByteRange(0, value.unicodeScalars.count)
            #expect(ForwardedField.isValid(bytes.span.bytes, range) == isValid, "with \(tail) behind")
        }
    }
}

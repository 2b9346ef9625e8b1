import Testing

@testable import DataPlane

@Suite("hosts: RFC 9110, 7.2; RFC 3986, 3.2.2")
struct AuthorityTests {
    static let good = [
        "h", "h:", "h:0", "h:80", "h:65535", "h:00080", "example.com", "EXAMPLE.com.", "a-b_c~d", "127.0.0.1",
        "127.0.0.1:1985", "1.2.3", "1234.5.6.7", "256.256.256.256", "1.2.3.4.5", "0x7f.1", "%41%c3%a4", "a%2Fb",
        "a!$&'()*+,;=", "[::]", "[::1]", "[::1]:80", "[::1]:", "[1::]", "[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7::]",
        "[::2:3:4:5:6:7:8]", "[2001:DB8::1]", "[::ffff:127.0.0.1]", "[1:2:3:4:5:6:255.255.255.255]", "[1::1.2.3.4]",
        "[0000:0000:0000:0000:0000:0000:255.255.255.255]", "[abcd:ef01::2345:6789]:65535",
    ]

    static let bad = [
        "[:]", "[:::]", "[1]", "[1:2]", "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]", "[1:2:3:4:5:6:7:8::]",
        "[::1:2:3:4:5:6:7:8]", "[1::2::3]", "[:1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:]", "[1:]", "[::1:]", "[12345::]",
        "[::g]", "[::1.2.3]", "[::1.2.3.4.5]", "[::1.2.3.256]", "[::01.2.3.4]", "[::1.2.3.4:5]", "[1.2.3.4]",
        "[1.2.3.4::]", "[1:2:3:4:5:6:7:1.2.3.4]", "[::1%25eth0]", "[::1%eth0]", "[fe80::1%1]", "[v1.a]", "[v1.::1]",
        "[vF.a:b]", "[ ::1]", "[::1 ]", "[::1]]", "[[::1]]", "[::1", "::1", "[]", "[::1]80", "[::1]:65536",
        "[0000:0000:0000:0000:0000:0000:0255.255.255.255]", "h:65536", "h:99999", "h:000080", "h:-1", "h:+1", "h:8 0",
        "h%", "h%2", "h%2g",
    ]

    @Test("are taken in Host, in an absolute target, and with CONNECT", arguments: good)
    func takes(_ host: String) {
        guard case .head(let view) = tryRequest("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n") else {
            Issue.record("Host: \(host)")
            return
        }
        #expect(view.authority == host)
        guard case .head = tryRequest("GET http://\(host)/ HTTP/1.1\r\nHost: \(host)\r\n\r\n") else {
            Issue.record("http://\(host)/")
            return
        }
    }

    @Test("are refused there", arguments: bad)
    func refuses(_ host: String) {
        #expect(tryRequest("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n") == .failed(.invalidHost))
        if host.contains(" ") { return }
        #expect(tryRequest("GET http://\(host)/ HTTP/1.1\r\nHost: \(host)\r\n\r\n") == .failed(.invalidTarget))
        #expect(tryRequest("CONNECT \(host):1 HTTP/1.1\r\nHost: h\r\n\r\n") == .failed(.invalidTarget))
    }

    static let connects: [(String, String, Bool)] = [
        ("h:443", "h:443", true), ("h:443", "h", true), ("h:443", "H", true), ("h:80", "h", true),
        ("[::1]:443", "[::1]", true), ("[::1]:443", "[::1]:443", true),
        ("h:443", "g", false), ("h:443", "h:80", false), ("h:443", "", false), ("h:443", "h:", false),
        ("[::1]:443", "[::2]", false), ("hh:443", "h", false),
    ]

    @Test("of CONNECT and of Host are the same: RFC 9112, 3.2", arguments: connects)
    func connect(target: String, host: String, isTaken: Bool) {
        let outcome = tryRequest("CONNECT \(target) HTTP/1.1\r\nHost: \(host)\r\n\r\n")
        guard isTaken else {
            #expect(outcome == .failed(.hostMismatch))
            return
        }
        guard case .head(let view) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(view.authority == target)
    }
}

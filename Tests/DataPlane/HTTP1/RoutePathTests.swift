import Testing

@testable import DataPlane

@Suite("route paths")
struct RoutePathTests {
    static let cases: [(String, String, Int?)] = [
        ("/k", "/k", 2), ("/k/", "/k", 2), ("/k/a", "/k", 2),
        ("/k?a", "/k", 2), ("/kilo", "/k", nil), ("/", "/k", nil), ("/K", "/k", nil),
        ("", "/k", nil), ("?/k", "/k", nil), ("/a/k", "/k", nil), ("/a?/k", "/k", nil),
        ("", "/", 0), ("/x", "/", 0), ("?x", "/", 0),
        ("/k", "/k/", nil), ("/k/", "/k/", 2), ("/k/a", "/k/", 2),
        ("/k?/", "/k/", nil), ("/a/b/c", "/a/b", 4), ("/a/bc", "/a/b", nil),
        ("/a", "/a/b", nil), ("/long/path/of/many/segments", "/long/path/of", 13),
        // Dot segments: RFC 3986, 5.2.4.
        ("/k/../x", "/k", nil), ("/k/..", "/k", nil), ("/x/../k", "/k", 7),
        ("/x/../k/a", "/k", 7), ("/./k", "/k", 4), ("/../k", "/k", 5),
        ("/../../k", "/k", 8), ("/k/.", "/k", 2),
        ("/k/./a", "/k", 2), ("/k/a/..", "/k", 2),
        ("/k/a/../b", "/k", 2), ("/k/../k/a", "/k", 7),
        ("/k/a/../../k/a", "/k", 12), ("/k/.../a", "/k", 2),
        ("/k/.a", "/k", 2), ("/k/..a", "/k", 2),
        ("/k/.", "/k/", 2), ("/k/a/..", "/k/", 2),
        ("/k/a/../..", "/k", nil), ("/a/./b/../b/c", "/a/b", 11), ("/k?/../x", "/k", 2),
        // Percent-encoded unreserved characters: RFC 3986, 6.2.2.2.
        ("/%6b", "/k", 4), ("/%6B/a", "/k", 4), ("/k/%61", "/k", 2),
        ("/%4b", "/k", nil), ("/k%2Fa", "/k", nil), ("/k%2f..", "/k", nil), ("/k/%2e%2E/x", "/k", nil),
        ("/k/%2e./x", "/k", nil), ("/x/%2e%2e/k", "/k", 11), ("/%zz/k", "/k", nil),
        ("/k/%", "/k", 2), ("/k%", "/k", nil), ("/k%3Fa", "/k", nil),
        ("/%256b", "/k", nil), ("/k/%252e%252e/x", "/k", 2), ("/a%7Eb", "/a~b", 6),
        // Empty segments.
        ("//k", "/k", 3), ("/k//a", "/k", 2), ("//", "/k", nil),
        ("/a//b/c", "/a/b", 5), ("/k//..", "/k", nil), ("/k//", "/k/", 2),
        ("//", "/", 0),
    ]

    @Test("match on the border of a segment", arguments: cases)
    func matches(path: String, prefix: String, wanted: Int?) {
        let bytes = [UInt8](path)
        #expect(RoutePath.matchedLength(bytes.span.bytes, prefix: [UInt8](prefix)) == wanted)
    }
}

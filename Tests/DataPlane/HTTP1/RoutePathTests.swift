import Testing

@testable import DataPlane

@Suite("route paths")
struct RoutePathTests {
    static let cases: [(String, String, RoutePath.Match)] = [
        ("/k", "/k", .prefix(length: 2)), ("/k/", "/k", .prefix(length: 2)), ("/k/a", "/k", .prefix(length: 2)),
        ("/k?a", "/k", .prefix(length: 2)), ("/kilo", "/k", .none), ("/", "/k", .none), ("/K", "/k", .none),
        ("", "/k", .none), ("?/k", "/k", .none), ("/a/k", "/k", .none), ("/a?/k", "/k", .none),
        ("", "/", .prefix(length: 0)), ("/x", "/", .prefix(length: 0)), ("?x", "/", .prefix(length: 0)),
        ("/k", "/k/", .none), ("/k/", "/k/", .prefix(length: 2)), ("/k/a", "/k/", .prefix(length: 2)),
        ("/k?/", "/k/", .none), ("/a/b/c", "/a/b", .prefix(length: 4)), ("/a/bc", "/a/b", .none),
        ("/a", "/a/b", .none), ("/long/path/of/many/segments", "/long/path/of", .prefix(length: 13)),
        // Dot segments: RFC 3986, 5.2.4.
        ("/k/../x", "/k", .none), ("/k/..", "/k", .none), ("/x/../k", "/k", .normalizedOnly),
        ("/x/../k/a", "/k", .normalizedOnly), ("/./k", "/k", .normalizedOnly), ("/../k", "/k", .normalizedOnly),
        ("/../../k", "/k", .normalizedOnly), ("/k/.", "/k", .prefix(length: 2)),
        ("/k/./a", "/k", .prefix(length: 2)), ("/k/a/..", "/k", .prefix(length: 2)),
        ("/k/a/../b", "/k", .prefix(length: 2)), ("/k/../k/a", "/k", .normalizedOnly),
        ("/k/a/../../k/a", "/k", .normalizedOnly), ("/k/.../a", "/k", .prefix(length: 2)),
        ("/k/.a", "/k", .prefix(length: 2)), ("/k/..a", "/k", .prefix(length: 2)),
        ("/k/.", "/k/", .prefix(length: 2)), ("/k/a/..", "/k/", .prefix(length: 2)),
        ("/k/a/../..", "/k", .none), ("/a/./b/../b/c", "/a/b", .normalizedOnly), ("/k?/../x", "/k", .prefix(length: 2)),
        // Percent-encoded unreserved characters: RFC 3986, 6.2.2.2.
        ("/%6b", "/k", .normalizedOnly), ("/%6B/a", "/k", .normalizedOnly), ("/k/%61", "/k", .prefix(length: 2)),
        ("/%4b", "/k", .none), ("/k%2Fa", "/k", .none), ("/k%2f..", "/k", .none), ("/k/%2e%2E/x", "/k", .none),
        ("/k/%2e./x", "/k", .none), ("/x/%2e%2e/k", "/k", .normalizedOnly), ("/%zz/k", "/k", .none),
        ("/k/%", "/k", .prefix(length: 2)), ("/k%", "/k", .none), ("/k%3Fa", "/k", .none),
        ("/%256b", "/k", .none), ("/k/%252e%252e/x", "/k", .prefix(length: 2)), ("/a%7Eb", "/a~b", .normalizedOnly),
        // Empty segments.
        ("//k", "/k", .normalizedOnly), ("/k//a", "/k", .prefix(length: 2)), ("//", "/k", .none),
        ("/a//b/c", "/a/b", .normalizedOnly), ("/k//..", "/k", .none), ("/k//", "/k/", .prefix(length: 2)),
        ("//", "/", .prefix(length: 0)),
    ]

    @Test("match on the border of a segment", arguments: cases)
    func matches(path: String, prefix: String, wanted: RoutePath.Match) {
        let bytes = [UInt8](path)
        let prefix = [UInt8](prefix)
        let match = RoutePath.match(bytes.span.bytes, prefix: prefix)
        #expect(match == wanted)
        #expect(RoutePath.matches(bytes.span.bytes, prefix: prefix) == (wanted != .none))
        if case .prefix(let length) = wanted {
            #expect(RoutePath.matchedLength(bytes.span.bytes, prefix: prefix) == length)
        } else {
            #expect(RoutePath.matchedLength(bytes.span.bytes, prefix: prefix) == nil)
        }
    }
}

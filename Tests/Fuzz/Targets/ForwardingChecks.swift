@testable import DataPlane

/// What must become of the forwarding fields of a request (RFC 7239, and the X-Forwarded fields that came before it).
enum ForwardingChecks {
    private static let fields = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded"]

    /// Holds what `went` against what `came` under a rule.
    static func check(
        _ went: StrictMessage, of came: StrictMessage, _ rule: RequestRules.Forwarded, client: [UInt8], host: [UInt8],
        _ what: String
    ) throws(Finding) {
        switch rule {
        case .leave:
            for name in fields { try expect(went.values(name) == came.values(name), "\(name): \(what)") }
        case .replace:
            try expect(went.values("x-forwarded-for") == [client], "X-Forwarded-For: \(what)")
            try expect(went.values("x-forwarded-proto") == [Array("http".utf8)], "X-Forwarded-Proto: \(what)")
            try expect(went.values("x-forwarded-host") == (host.isEmpty ? [] : [host]), "X-Forwarded-Host: \(what)")
            try expect(went.values("forwarded").count == 1, "Forwarded: \(what)")
            try checkOwnElement(went, client, host, what)
        case .append:
            try checkAppended("x-forwarded-for", went, came, what) { $0 == client }
            // One broken line takes all of them with it.
            let lines = came.values("forwarded")
            let comes = !lines.isEmpty && lines.allSatisfy { $0.isEmpty || ForwardedFuzz.elements($0) != nil }
            let isFresh = !comes && fields.allSatisfy { $0 == "forwarded" || came.values($0).isEmpty }
            try expect(comes || isFresh != went.values("forwarded").isEmpty, "Forwarded or not: \(what)")
            if comes || isFresh { try checkOwnElement(went, client, host, what) }
        }
    }

    // All that came is still there, in its order, and ours is behind it.
    private static func checkAppended(
        _ name: String, _ went: StrictMessage, _ came: StrictMessage, _ what: String, _ isOurs: ([UInt8]) -> Bool
    ) throws(Finding) {
        var (before, after) = (came.values(name), went.values(name))
        guard let last = after.popLast() else { throw Finding("no \(name): \(what)") }
        guard let own = before.popLast() else { return try expect(isOurs(last), "\(name): \(what)") }
        let added = own.isEmpty ? last[...] : last.dropFirst(own.count + 2)
        try expect(before == after && last.starts(with: own) && isOurs(Array(added)), "\(name): \(what)")
    }

    // The last element of the last line is ours, for whoever reads it by the grammar.
    private static func checkOwnElement(
        _ went: StrictMessage, _ client: [UInt8], _ host: [UInt8], _ what: String
    ) throws(Finding) {
        guard let line = went.values("forwarded").last, let elements = ForwardedFuzz.elements(line),
            let own = elements.last
        else { throw Finding("Forwarded is none: \(what)") }
        var wanted: [ForwardedFuzz.Pair] = [.init(name: "for", value: client)]
        if !host.isEmpty { wanted.append(.init(name: "host", value: host)) }
        wanted.append(.init(name: "proto", value: Array("http".utf8)))
        try expect(own == wanted, "our element of Forwarded: \(what)")
    }
}

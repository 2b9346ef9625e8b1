import Control
import TestSupport

@testable import DataPlane

/// Heads of requests.
enum RequestFuzz {
    /// Fields that rewriting may change, add or drop by rules of their own.
    static let rewritten: Set<String> = [
        "host", "via", "expect", "forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host",
        "max-forwards",
    ]

    static func run(_ bytes: [UInt8]) throws(Finding) -> String {
        var random = SplitMix64(seed: bytes.seed)
        var head = RequestHead()
        let parsed = parse(bytes, &head)
        try checkPrefixes(bytes, parsed, &random)
        guard case .head(let length) = parsed else {
            if parsed == .more, (try? StrictMessage(bytes, .request)) != nil {
                throw Finding("a whole head needs more")
            }
            return parsed.text
        }
        let strict = try reading(bytes, "the head that was accepted")
        try expect(strict.headEnd == length, "the head ends at \(strict.headEnd), not at \(length)")
        try expect(framing(of: head) == strict.framing, "framed \(head.framing), not \(strict.framing)")
        try checkScanner(Array(bytes[..<length]), &random)
        try checkWriting(bytes, head, strict, &random)
        return "\(parsed.text) \(head.method) \(head.framing)"
    }

    static func parse(_ bytes: [UInt8], _ head: inout RequestHead, limits: HeadLimits = HeadLimits()) -> Parsed {
        do throws(HTTP1Error) {
            guard let length = try head.parse(bytes.span.bytes, limits: limits) else { return .more }
            return .head(length)
        } catch {
            return .failed(error)
        }
    }

    private static func reading(_ bytes: [UInt8], _ what: String) throws(Finding) -> StrictMessage {
        do throws(StrictMessage.Stop) {
            return try StrictMessage(bytes, .request)
        } catch {
            throw Finding("\(what) is not strict: \(error): \(bytes.shown)")
        }
    }

    static func framing(of head: borrowing RequestHead) -> StrictMessage.Framing {
        switch head.framing {
        case .none: .none
        case .length(let length): .length(Int(length))
        case .chunked: .chunked
        case .untilClose: .untilClose
        }
    }

    // The parser has no memory of the bytes before, so a prefix stands for all ways to split what came until then.
    private static func checkPrefixes(_ bytes: [UInt8], _ whole: Parsed, _ random: inout SplitMix64) throws(Finding) {
        for count in Parsed.cuts(of: bytes, &random) {
            var head = RequestHead()
            try Parsed.check(parse(Array(bytes[..<count]), &head), ofFirst: count, whole)
        }
    }

    static func checkScanner(_ head: [UInt8], _ random: inout SplitMix64) throws(Finding) {
        var scanner = HeadScanner()
        var wasComplete = false
        for count in Parsed.cuts(of: head, &random) + [head.count] {
            wasComplete = scanner.isComplete(Array(head[..<count]).span.bytes) || wasComplete
        }
        try expect(wasComplete, "the scanner misses the end")
    }

    /// How a head is written: by the rules, and by what is known of the client and the connection.
    private struct Writing {
        static let client = Array("127.0.0.1".utf8)
        static let authority = Array("upstream:81".utf8)

        let rules: RequestRules
        let isTrusted: Bool
        let isLast: Bool
        let strips: Bool
        let passesUpgrades: Bool

        init(_ random: inout SplitMix64) {
            rules = RequestRules(
                via: "s", forwarded: [.append, .replace, .leave].randomElement(using: &random) ?? .leave,
                upgrades: ["websocket", "a/2"])
            isTrusted = Bool.random(using: &random)
            isLast = Bool.random(using: &random)
            strips = Bool.random(using: &random)
            passesUpgrades = Bool.random(using: &random)
        }

        /// What is done with the forwarding fields.
        var forwarded: RequestRules.Forwarded {
            rules.forwarded == .append && !isTrusted ? .replace : rules.forwarded
        }
    }

    private static func checkWriting(
        _ bytes: [UInt8], _ head: borrowing RequestHead, _ strict: StrictMessage, _ random: inout SplitMix64
    ) throws(Finding) {
        let writing = Writing(&random)
        let path = Array(bytes[head.path.bounds])
        let strip = writing.strips ? RoutePath.matchedLength(path.span.bytes, prefix: [0x2F, 0x6B]) ?? 0 : 0
        let passing = writing.passesUpgrades ? head.upgrades(bytes.span.bytes, among: writing.rules.upgrades) : []
        var buffer = Buffer(capacity: bytes.count + 4096)
        let added = head.sizeAddedMax(
            rules: writing.rules, client: Writing.client.count, defaultAuthority: Writing.authority.count)
        let fits = head.write(
            bytes.span.bytes, to: &buffer, rules: writing.rules, client: Writing.client.span.bytes,
            stripPrefix: strip, defaultAuthority: Writing.authority.span.bytes, isLast: writing.isLast,
            isTrusted: writing.isTrusted, passing: passing)
        try expect(fits, "the head does not fit")
        let written = buffer.withReadable { Array($0) }
        try expect(written.count <= head.fieldsEnd + added, "longer than foretold: \(written.shown)")
        let again = try reading(written, "the head that was written")
        let what = "\(bytes.shown) became \(written.shown)"
        try expect(again.headEnd == written.count, "bytes behind the head: \(what)")
        try expect(again.method == strict.method && again.line[2] == Array("HTTP/1.1".utf8), what)
        try expect(again.framing == strict.framing, "framing: \(what)")
        if strip == 0 { try expect(again.target == target(of: strict), "target: \(what)") }
        try expect(again.values("host").count == 1, "Host: \(what)")
        let same = again.endToEnd(without: rewritten) == strict.endToEnd(without: rewritten)
        try expect(same, "fields: \(what)")
        try checkConnection(again, upgrades: !passing.isEmpty, what)
        if !passing.isEmpty {
            let asked = strict.elements("upgrade").filter { $0 == "websocket" || $0 == "a/2" }
            try expect(Set(again.elements("upgrade")) == Set(asked), "Upgrade: \(what)")
        }
        try ForwardingChecks.check(
            again, of: strict, writing.forwarded, client: Writing.client, host: Array(bytes[head.authority.bounds]),
            what)
        try checkMaxForwards(again, strict, what)
        // Only a target that the proxy refuses before it writes is not fit to be parsed again.
        var second = RequestHead()
        try expect(parse(written, &second) == .head(written.count), "not parsed again: \(what)")
        try expect(framing(of: second) == strict.framing, "framing when parsed again: \(what)")
        try expect(second.viaNames(written.span.bytes, [UInt8(ascii: "s")]), "Via does not name us: \(what)")
    }

    // RFC 9110, section 7.6.2.
    private static func checkMaxForwards(
        _ again: StrictMessage, _ strict: StrictMessage, _ what: String
    ) throws(Finding) {
        let (came, went) = (strict.values("max-forwards"), again.values("max-forwards"))
        guard ["TRACE", "OPTIONS"].contains(strict.method), let value = came.first else {
            return try expect(came == went, "Max-Forwards: \(what)")
        }
        guard let number = Double(String(decoding: value, as: UTF8.self)), let less = went.first,
            let rest = Double(String(decoding: less, as: UTF8.self))
        else { throw Finding("Max-Forwards is no number: \(what)") }
        // Whatever is beyond 32 bits is cut there.
        try expect(rest == min(max(number, 1), Double(UInt32.max)) - 1, "Max-Forwards: \(what)")
    }

    /// The target that the next recipient gets (RFC 9112, sections 3.2.1 and 3.2.4).
    static func target(of request: StrictMessage) -> [UInt8] {
        let text = request.target
        guard request.method != "CONNECT", text.first != UInt8(ascii: "/"), text != [UInt8(ascii: "*")] else {
            return text
        }
        let path = Array(
            text.dropFirst("http://".utf8.count).drop { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") })
        if path.isEmpty { return Array((request.method == "OPTIONS" ? "*" : "/").utf8) }
        return path[0] == UInt8(ascii: "/") ? path : [UInt8(ascii: "/")] + path
    }

    /// Nothing that was meant for one connection may have come to the next.
    static func checkConnection(_ message: StrictMessage, upgrades: Bool, _ what: String) throws(Finding) {
        let options = message.elements("connection")
        let allowed: Set<String> = upgrades ? ["close", "upgrade"] : ["close"]
        try expect(allowed.isSuperset(of: options), "Connection: \(what)")
        for name in ["keep-alive", "proxy-connection", "te"] {
            try expect(message.values(name).isEmpty, "\(name): \(what)")
        }
        try expect(message.values("upgrade").isEmpty == !options.contains("upgrade"), "Upgrade: \(what)")
    }
}

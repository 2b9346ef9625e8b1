import Control
import TestSupport
import Testing

@testable import DataPlane

@Suite("heads at random", .serialized)
struct HeadFuzzTests {
    private static let requests = requestTexts.map { [UInt8]($0) }
    private static let responses = responseTexts.map { [UInt8]($0) }

    private static let requestTexts: [String] = [
        "GET /k/1000?x=1 HTTP/1.1\r\nHost: 127.0.0.1:1985\r\nUser-Agent: siege\r\nAccept: */*\r\n"
            + "Connection: keep-alive\r\n\r\n",
        "POST http://h:81/a/../b HTTP/1.1\r\nHost: h:81\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\n"
            + "X-Forwarded-For: a\r\n\r\n",
        "PUT / HTTP/1.0\r\nContent-Length: 5\r\nConnection: close, X-A\r\nX-A: b\r\nForwarded: for=a\r\n\r\n",
        "TRACE http://[::1]/%2f?{%} HTTP/1.1\r\nHost: [::1]:80\r\nMax-Forwards: 10\r\nVia: 1.1 a (b (c)), 1.0 s\r\n"
            + "Forwarded: for=\"[::1]\";by=a, for=b\r\n\r\n",
        "GET /a|b HTTP/1.1\r\nHost: h\r\nUpgrade: ws, h2c, irc\r\nConnection: upgrade, HTTP2-Settings\r\n"
            + "HTTP2-Settings: a\r\nX-Forwarded-Proto: https\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\nExpect: 100-continue\r\nVia: 1.1 a\r\nMax-Forwards: 3\r\n\r\n",
        "\r\nCONNECT h:443 HTTP/1.1\r\nHost: h\r\nUpgrade: ws\r\nConnection: upgrade\r\n"
            + "Keep-Alive: timeout=5\r\n\r\n",
    ]

    private static let responseTexts: [String] = [
        "HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 70\r\nConnection: keep-alive\r\n"
            + "Keep-Alive: timeout=5, max=3\r\n\r\n",
        "HTTP/1.0 404\r\nServer: s\r\n\r\n", "HTTP/1.1 103 \r\nLink: a\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: a\r\nConnection: a, close\r\na: b\r\n\r\n",
        "HTTP/1.1 101 Go\r\nUpgrade: ws\r\nConnection: upgrade\r\n\r\n",
        "HTTP/1.1 426 No\r\nUpgrade: ws, irc\r\nConnection: upgrade\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 204 No\r\nContent-Length: 0\r\nKeep-Alive: max=1\r\n\r\n",
    ]

    private func bytes(_ corpus: [[UInt8]], _ random: inout SplitMix64) -> [UInt8] {
        if Int.random(in: 0..<10, using: &random) == 0 {
            return (0..<Int.random(in: 0..<60, using: &random)).map { _ in .random(in: .min ... .max, using: &random) }
        }
        var bytes = corpus.randomElement(using: &random) ?? []
        mutate(&bytes, &random)
        return bytes
    }

    /// Whatever comes, a parser says a value, that more is needed, or its typed error; a request that it takes is
    /// written so that it means the same to the next parser.
    @Test("requests", arguments: Seeds.forThisRun(16))
    func requests(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var head = RequestHead()
        var again = RequestHead()
        for step in 0..<16_000 {
            let bytes = bytes(HeadFuzzTests.requests, &random)
            let limits = HeadLimits(maxHeadSize: step % 7 == 0 ? .random(in: 0..<200, using: &random) : 32 << 10)
            guard case .head(let view) = parse(bytes, with: &head, limits: limits) else { continue }
            let rules = RequestRules(
                via: "s", forwarded: [.append, .replace, .leave].randomElement(using: &random) ?? .leave,
                upgrades: ["ws"])
            let asked = head.upgrades(bytes.span.bytes, among: rules.upgrades)
            let passing = Bool.random(using: &random) ? asked : []
            let isTrusted = Bool.random(using: &random)
            var buffer = Buffer(capacity: .random(in: 0..<900, using: &random))
            let client = [UInt8]("127.0.0.1")
            let strip =
                Bool.random(using: &random)
                ? RoutePath.matchedLength(path(view).span.bytes, prefix: [0x2F, 0x6B]) ?? 0 : 0
            let fits = head.write(
                bytes.span.bytes, to: &buffer, rules: rules, client: client.span.bytes, stripPrefix: strip,
                defaultAuthority: client.span.bytes, isTrusted: isTrusted, passing: passing)
            guard fits else { continue }
            let written = buffer.withReadable { Array($0) }
            guard case .head(let second) = parse(written, with: &again) else {
                // Only a target that the proxy refuses before it writes is not fit to be parsed again.
                Issue.record(
                    "seed \(seed) step \(step): \(bytes.text(0..<bytes.count)) as \(written.text(0..<written.count))")
                continue
            }
            let same =
                second.method == view.method && second.framing == view.framing && second.length == written.count
                && second.minor == 1 && (strip > 0 || pathText(second) == pathText(view))
                && meaning(second) == meaning(view)
            if !same {
                Issue.record(
                    "seed \(seed) step \(step): \(bytes.text(0..<bytes.count)) as \(written.text(0..<written.count))")
            }
        }
    }

    private func path(_ view: RequestView) -> [UInt8] { [UInt8](view.path) }

    private func pathText(_ view: RequestView) -> String {
        if view.target == "*" || view.method == .connect { return view.target }
        if view.path.isEmpty, view.method == .options { return "*" }
        return view.path.hasPrefix("/") ? view.path : "/" + view.path
    }

    /// The end-to-end fields that no rule touches.
    private func meaning(_ view: RequestView) -> [FieldView] {
        view.fields.filter { field in
            let name = field.name.lowercased()
            return !field.isHopByHop && !name.hasPrefix("x-forwarded-") && name != "forwarded" && name != "via"
                && name != "host" && name != "expect" && name != "max-forwards"
        }
    }

    @Test("responses", arguments: Seeds.forThisRun(16))
    func responses(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var head = ResponseHead()
        var again = ResponseHead()
        for step in 0..<16_000 {
            let bytes = bytes(HeadFuzzTests.responses, &random)
            guard case .head(let view) = parse(bytes, with: &head) else { continue }
            let rules = ResponseRules(via: "s", upgrades: ["ws"])
            var delivery = ResponseDelivery()
            delivery.keepAlive = Bool.random(using: &random)
            if view.framing == .untilClose, Bool.random(using: &random) { delivery.framing = .chunked }
            var buffer = Buffer(capacity: .random(in: 0..<900, using: &random))
            guard
                head.write(
                    bytes.span.bytes, to: &buffer, rules: rules, delivery, date: [UInt8]("Date: d\r\n").span.bytes)
            else {
                continue
            }
            let written = buffer.withReadable { Array($0) }
            guard case .head(let second) = parse(written, with: &again) else {
                Issue.record(
                    "seed \(seed) step \(step): \(bytes.text(0..<bytes.count)) as \(written.text(0..<written.count))")
                continue
            }
            let same =
                second.status == view.status && second.reason == view.reason && second.minor == 1
                && (second.framing == view.framing || delivery.framing == .chunked && second.framing == .chunked)
                && (view.status < 200 || second.keepAlive == delivery.keepAlive)
            if !same {
                Issue.record(
                    "seed \(seed) step \(step): \(bytes.text(0..<bytes.count)) as \(written.text(0..<written.count))")
            }
        }
    }

    @Test("route paths and the scanner take any bytes", arguments: Seeds.forThisRun(8))
    func paths(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let alphabet = [UInt8]("/.k%2eE6b?a")
        let prefixes = ["/", "/k", "/k/", "/k/a", "/a/k/"].map { [UInt8]($0) }
        for step in 0..<8_000 {
            let path =
                [0x2F]
                + (0..<Int.random(in: 0..<16, using: &random)).map { _ in
                    alphabet.randomElement(using: &random) ?? 0
                }
            let prefix = prefixes.randomElement(using: &random) ?? []
            let length = RoutePath.matchedLength(path.span.bytes, prefix: prefix)
            let wanted = referenceMatch(path.text(0..<path.count), prefix.text(0..<prefix.count))
            if (length != nil) != wanted {
                Issue.record("seed \(seed) step \(step): \(path.text(0..<path.count)) \(prefix.text(0..<prefix.count))")
            }
            // What is left belongs behind the prefix.
            if let length,
                !referenceMatch(
                    prefix.text(0..<prefix.count) + path.text(length..<path.count), prefix.text(0..<prefix.count))
            {
                Issue.record("seed \(seed) step \(step): \(path.text(0..<path.count)) is cut at \(length)")
            }
        }
    }

    /// Matches by strings: decode, split, resolve, compare.
    private func referenceMatch(_ path: String, _ prefix: String) -> Bool {
        var decoded: [UInt8] = []
        var rest = Array(path.utf8.prefix { $0 != UInt8(ascii: "?") })[...]
        while let byte = rest.popFirst() {
            let hex = String(decoding: rest.prefix(2), as: UTF8.self)
            if byte == UInt8(ascii: "%"), hex.utf8.count == 2, let code = UInt8(hex, radix: 16), code.isUnreserved {
                decoded.append(code)
                rest.removeFirst(2)
            } else {
                decoded.append(byte)
            }
        }
        let text = String(decoding: decoded, as: UTF8.self)
        var segments: [Substring] = []
        let parts = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            switch part {
            case "..":
                _ = segments.popLast()
                if isLast { segments.append("") }
            case ".", "": if isLast { segments.append("") }
            default: segments.append(part)
            }
        }
        let normalized = "/" + segments.joined(separator: "/")
        if prefix == "/" { return true }
        return prefix.hasSuffix("/")
            ? normalized.hasPrefix(prefix) : normalized == prefix || normalized.hasPrefix(prefix + "/")
    }
}

import TestSupport

@testable import DataPlane

/// Heads of responses.
enum ResponseFuzz {
    /// Fields that rewriting may add or drop by rules of their own.
    static let rewritten: Set<String> = ["via", "date", "transfer-encoding", "trailer"]

    static func run(_ bytes: [UInt8]) throws(Finding) -> String {
        var random = SplitMix64(seed: bytes.seed)
        var head = ResponseHead()
        let methods: [(Method, String)] = [(.get, "GET"), (.head, "HEAD"), (.connect, "CONNECT")]
        let (method, name) = methods[Int.random(in: 0..<3, using: &random)]
        let parsed = parse(bytes, &head, method)
        for count in Parsed.cuts(of: bytes, &random) {
            var part = ResponseHead()
            try Parsed.check(parse(Array(bytes[..<count]), &part, method), ofFirst: count, parsed)
        }
        guard case .head(let length) = parsed else {
            let isWhole = (try? StrictMessage(bytes, .response(to: name))) != nil
            if parsed == .more, isWhole { throw Finding("a whole head needs more") }
            return parsed.text
        }
        let strict = try reading(bytes, .response(to: name), "the head that was accepted")
        try expect(strict.headEnd == length, "the head ends at \(strict.headEnd), not at \(length)")
        try expect(strict.status == Int(head.status), "status \(head.status)")
        try expect(framing(of: head, method) == strict.framing, "\(head.framing(for: method)), not \(strict.framing)")
        try RequestFuzz.checkScanner(Array(bytes[..<length]), &random)
        try checkWriting(bytes, head, strict, method, name, &random)
        return "\(parsed.text) \(head.status) \(head.framing(for: method)) to \(name)"
    }

    static func parse(_ bytes: [UInt8], _ head: inout ResponseHead, _ method: Method) -> Parsed {
        do throws(HTTP1Error) {
            guard let length = try head.parse(bytes.span.bytes, limits: HeadLimits(), answering: method) else {
                return .more
            }
            return .head(length)
        } catch {
            return .failed(error)
        }
    }

    private static func reading(
        _ bytes: [UInt8], _ kind: StrictMessage.Kind, _ what: String
    ) throws(Finding) -> StrictMessage {
        do throws(StrictMessage.Stop) {
            return try StrictMessage(bytes, kind)
        } catch {
            throw Finding("\(what) is not strict: \(error): \(bytes.shown)")
        }
    }

    static func framing(of head: borrowing ResponseHead, _ method: Method) -> StrictMessage.Framing {
        switch head.framing(for: method) {
        case .none: .none
        case .length(let length): .length(Int(length))
        case .chunked: .chunked
        case .untilClose: .untilClose
        }
    }

    private static func checkWriting(
        _ bytes: [UInt8], _ head: borrowing ResponseHead, _ strict: StrictMessage, _ method: Method, _ name: String,
        _ random: inout SplitMix64
    ) throws(Finding) {
        let rules = ResponseRules(via: "s", upgrades: ["websocket", "a/2"])
        var delivery = ResponseDelivery()
        delivery.keepAlive = Bool.random(using: &random)
        delivery.clientMinor = UInt8.random(in: 0...1, using: &random)
        var wanted = strict.framing
        if delivery.clientMinor == 0, wanted == .chunked {
            delivery.framing = .untilClose
            wanted = .untilClose
        } else if delivery.clientMinor == 1, wanted == .untilClose, Bool.random(using: &random) {
            delivery.framing = .chunked
            wanted = .chunked
        }
        let date = Array("Date: d\r\n".utf8)
        var buffer = Buffer(capacity: bytes.count + 4096)
        let fits = head.write(bytes.span.bytes, to: &buffer, rules: rules, delivery, date: date.span.bytes)
        try expect(fits, "the head does not fit")
        let written = buffer.withReadable { Array($0) }
        let added = head.sizeAddedMax(rules: rules, date: date.count)
        try expect(written.count <= head.fieldsEnd + added, "longer than foretold: \(written.shown)")
        let again = try reading(written, .response(to: name), "the head that was written")
        let what = "\(bytes.shown) became \(written.shown)"
        try expect(again.headEnd == written.count, "bytes behind the head: \(what)")
        try expect(again.status == strict.status && again.line[2] == strict.line[2], "status line: \(what)")
        try expect(again.line[0] == Array("HTTP/1.1".utf8), "version: \(what)")
        try expect(again.framing == wanted, "\(again.framing), not \(wanted): \(what)")
        // A length where no body can be is left out.
        let changing = head.mustNotFrame ? rewritten.union(["content-length"]) : rewritten
        let same = again.endToEnd(without: changing) == strict.endToEnd(without: changing)
        try expect(same, "fields: \(what)")
        let frames = !again.values("content-length").isEmpty || !again.values("transfer-encoding").isEmpty
        try expect(!head.mustNotFrame || !frames, "framed without a body: \(what)")
        try checkConnection(again, delivery, what)
    }

    private static func checkConnection(
        _ message: StrictMessage, _ delivery: ResponseDelivery, _ what: String
    ) throws(Finding) {
        let options = message.elements("connection")
        try expect(Set(["close", "keep-alive", "upgrade"]).isSuperset(of: options), "Connection: \(what)")
        for name in ["keep-alive", "proxy-connection", "te"] {
            try expect(message.values(name).isEmpty, "\(name): \(what)")
        }
        try expect(message.status < 200 || options.contains("close") == !delivery.keepAlive, "close: \(what)")
        let names = message.elements("upgrade")
        try expect(names.isEmpty == !options.contains("upgrade"), "Upgrade: \(what)")
        if !names.isEmpty {
            let isRight = message.status == 101 && names.count == 1 || message.status == 426
            let isKnown = names.allSatisfy { $0 == "websocket" || $0 == "a/2" }
            try expect(isRight && isKnown && delivery.clientMinor == 1, "Upgrade: \(what)")
        }
        try expect(message.status < 200 || !message.values("date").isEmpty, "Date: \(what)")
    }
}

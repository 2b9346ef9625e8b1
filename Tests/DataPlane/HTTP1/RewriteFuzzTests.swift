import Control
import TestSupport
import Testing

@testable import DataPlane

/// Random requests with all that is rewritten on the way, put together by the grammar: what was written must parse,
/// and say what came, less what must not go on, plus what is added.
@Suite("requests rewritten at random")
struct RewriteFuzzTests {
    private static let protocols = UpgradeSet.names(["ws", "irc/6.9", "x"])

    /// What one request says, as it was put together.
    private struct Model {
        var method = "GET"
        var text = ""
        var forwarded: [String] = []
        var xForwarded: [String] = []
        var maxForwards: String?
    }

    private func pick(_ from: [String], _ random: inout SplitMix64) -> String {
        from.randomElement(using: &random) ?? ""
    }

    private func model(_ random: inout SplitMix64) -> Model {
        var model = Model()
        model.method = pick(["GET", "POST", "OPTIONS", "TRACE", "X"], &random)
        let host = pick(["h", "h:80", "example.com:8080", "[2001:db8::1]", "a(b),c"], &random)
        let path = pick(["/", "/a%20b?c=%", "/k/x|y?{z}", "/[0]?q=\\^`"], &random)
        let target = Bool.random(using: &random) ? path : "http://\(host)\(path)"
        var lines = ["Host: \(host)"]
        for _ in 0..<Int.random(in: 0..<8, using: &random) {
            switch Int.random(in: 0..<9, using: &random) {
            case 0: lines.append("Connection: \(pick(["upgrade", "close, X-A", "Upgrade, X-B", "x-a,,"], &random))")
            case 1: lines.append("Upgrade: \(pick(["ws", "h2c, WS", "irc/6.9,x", "irc, ws/1", ",x,x", ""], &random))")
            case 2:
                let value = pick(
                    ["for=a", "for=\"[::1]:80\";by=b, for=c", "", "for=\"a", "for", ", ,", "a b"], &random)
                model.forwarded.append(value)
                lines.append("Forwarded: \(value)")
            case 3:
                let name = pick(["X-Forwarded-For", "x-forwarded-proto", "X-FORWARDED-HOST"], &random)
                model.xForwarded.append(name.lowercased())
                lines.append("\(name): \(pick(["a", "a, b", ""], &random))")
            case 4 where model.maxForwards == nil:
                let value = pick(["1", "2", "10", "0100", "4294967295", "99999999999"], &random)
                model.maxForwards = value
                lines.append("Max-Forwards: \(value)")
            case 5: lines.append("Via: \(pick(["1.1 a", "1.0 b (c, d)", "HTTP/1.1 c (", ","], &random))")
            case 6: lines.append("TE: trailers")
            default:
                lines.append("\(pick(["X-A", "X-B", "Accept"], &random)): \(pick(["", "a", "\u{FF} \t b"], &random))")
            }
        }
        model.text = "\(model.method) \(target) HTTP/1.1\r\n\(lines.map { "\($0)\r\n" }.joined())\r\n"
        return model
    }

    private func values(_ view: RequestView, _ name: String) -> [String] {
        view.fields.filter { $0.name.lowercased() == name }.map(\.value)
    }

    /// What is wrong with the rewriting of one random request; nil when nothing is.
    private func fault(_ random: inout SplitMix64) -> String? {
        let model = model(&random)
        let bytes = [UInt8](model.text)
        var head = RequestHead()
        guard case .head(let came) = parse(bytes, with: &head) else { return "does not parse: \(model.text)" }
        let asked = head.upgrades(bytes.span.bytes, among: RewriteFuzzTests.protocols)
        let passing = asked.intersection(UpgradeSet(rawValue: .random(in: 0..<8, using: &random)))
        var rules = RequestRules(
            via: "s", forwarded: [.append, .replace, .leave].randomElement(using: &random) ?? .leave, upgrades: [])
        rules.upgrades = RewriteFuzzTests.protocols
        let isLast = Bool.random(using: &random)
        let isTrusted = Bool.random(using: &random)
        let client = pick(["", "192.0.2.1", "2001:db8::7"], &random)
        let clientBytes = [UInt8](client)
        let added = head.sizeAddedMax(rules: rules, client: clientBytes.count, defaultAuthority: 0)
        var buffer = Buffer(capacity: head.fieldsEnd + added)
        let fits = head.write(
            bytes.span.bytes, to: &buffer, rules: rules, client: clientBytes.span.bytes, stripPrefix: 0,
            defaultAuthority: [UInt8]().span.bytes, isLast: isLast, isTrusted: isTrusted, passing: passing)
        let written = buffer.withReadable { Array($0) }
        let text = written.text(0..<written.count)
        func complain(_ what: String) -> String { "\(what):\n\(model.text)as\n\(text)" }
        guard fits, written.count <= head.fieldsEnd + added else { return complain("too large") }
        var second = RequestHead()
        guard case .head(let goes) = parse(written, with: &second) else { return complain("does not parse again") }
        guard goes.length == written.count, goes.method == came.method, goes.framing == came.framing else {
            return complain("another request")
        }
        guard second.upgrades(written.span.bytes, among: RewriteFuzzTests.protocols) == passing,
            second.section.upgrades(written.span.bytes, among: RewriteFuzzTests.protocols).hasOther == false
        else { return complain("another upgrade") }
        guard goes.keepAlive == !(isLast && passing.isEmpty) else { return complain("another end") }
        guard second.viaNames(written.span.bytes, [UInt8]("S")) else { return complain("no Via") }
        if let count = model.maxForwards.flatMap({ UInt64($0) }) {
            let lessOne = model.method == "OPTIONS" || model.method == "TRACE" ? 1 : 0 as UInt64
            let wanted = MaxForwards.count(UInt32(truncatingIfNeeded: min(count, UInt64(UInt32.max)) - lessOne))
            guard second.maxForwards(written.span.bytes) == wanted else { return complain("another count") }
        }
        let isAppended = rules.forwarded == .append && isTrusted
        let keeps = isAppended || rules.forwarded == .leave
        if let fault = forwardedFault(
            model, came, goes, client: client, keeps: keeps, adds: rules.forwarded != .leave)
        {
            return complain(fault)
        }
        let options = values(came, "connection").joined(separator: ",").lowercased()
        for name in ["x-a", "x-b", "accept"] {
            guard values(goes, name) == (options.contains(name) ? [] : values(came, name)) else {
                return complain("\(name) changed")
            }
        }
        return nil
    }

    /// What is wrong with the forwarding fields.
    private func forwardedFault(
        _ model: Model, _ came: RequestView, _ goes: RequestView, client: String, keeps: Bool, adds: Bool
    ) -> String? {
        let old = keeps ? values(came, "forwarded") : []
        let new = values(goes, "forwarded")
        guard adds else { return new == old ? nil : "Forwarded changed" }
        let person = client.isEmpty ? "unknown" : client.contains(":") ? "\"[\(client)]\"" : client
        let isToken = came.authority.utf8.allSatisfy(\.isToken)
        let host = isToken ? came.authority : "\"\(came.authority)\""
        let own = "for=\(person);host=\(host);proto=http"
        let areValid = old.allSatisfy {
            ForwardedField.isValid([UInt8]($0).span.bytes, ByteRange(0, $0.unicodeScalars.count))
        }
        let wanted: [String]
        if areValid, let last = old.last {
            wanted = old.dropLast() + [last.isEmpty ? own : "\(last), \(own)"]
        } else {
            wanted = keeps && !model.xForwarded.isEmpty ? [] : [own]
        }
        guard new == wanted else { return "Forwarded is not \(wanted)" }
        let people = values(goes, "x-forwarded-for")
        if client.isEmpty { return nil }
        guard let last = people.last, last == client || last.hasSuffix(", \(client)") else { return "no client" }
        return keeps || people == [client] ? nil : "a client that was not believed"
    }

    @Test("say what came and what is added", arguments: Seeds.forThisRun(16))
    func rewriting(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for step in 0..<4_000 {
            if let fault = fault(&random) {
                Issue.record("seed \(seed) step \(step): \(fault)")
                return
            }
        }
    }
}

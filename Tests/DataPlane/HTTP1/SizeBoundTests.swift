import Control
import Testing

@testable import DataPlane

@Suite("room for what rewriting adds")
struct SizeBoundTests {
    private static let protocols = (0..<UpgradeSet.countMax).map { "p\($0)" }
    private static let long = String(repeating: "h", count: 250) + ":65535"
    private static let v6 = "2001:db8:1111:2222:3333:4444:5555:6666"

    /// Heads to which as many lines are added as can be, in every combination that adds others.
    static let requests: [(String, WriteOptions)] = [
        (
            "OPTIONS http://\(long) HTTP/1.0\r\n",
            WriteOptions(via: "s", forwarded: .append, client: v6, isLast: true)
        ),
        ("GET / HTTP/1.0\r\n", WriteOptions(via: "s", forwarded: .append, client: v6, defaultAuthority: long)),
        ("GET http://\(long)?q HTTP/1.1\r\nHost: \(long)\r\n", WriteOptions(forwarded: .append, client: "")),
        (
            "GET / HTTP/1.1\r\nHost: \(long)\r\nConnection:upgrade\r\nUpgrade:\(protocols.joined(separator: ","))\r\n",
            WriteOptions(via: "s", forwarded: .append, client: v6, upgrades: protocols)
        ),
        (
            "GET / HTTP/1.1\r\nHost: \(long)\r\nConnection:upgrade\r\n"
                + protocols.map { "Upgrade:\($0)\r\n" }.joined(),
            WriteOptions(via: "s", forwarded: .append, client: v6, upgrades: protocols)
        ),
        (
            "TRACE / HTTP/1.1\r\nHost: \(long)\r\nX-Forwarded-For:a\r\nForwarded:for=a\r\nMax-Forwards:99999999999\r\n",
            WriteOptions(via: "s", forwarded: .append, client: v6, isLast: true)
        ),
        (
            "GET / HTTP/1.1\r\nHost: \(long)\r\nX-Forwarded-For:a\r\nForwarded:for=\"\r\n",
            WriteOptions(via: "s", forwarded: .append, client: v6, isLast: true)
        ),
        ("GET /k HTTP/1.9\r\nHost: \(long)\r\n", WriteOptions(forwarded: .replace, client: v6, stripPrefix: 2)),
    ]

    @Test("a request fits into what is asked for", arguments: requests)
    func requestBound(text: String, options: WriteOptions) throws {
        let bytes = [UInt8]("\(text)\r\n")
        var head = RequestHead()
        _ = try #require(try head.parse(bytes.span.bytes, limits: HeadLimits()))
        let rules = RequestRules(via: options.via, forwarded: options.forwarded, upgrades: options.upgrades)
        let client = [UInt8](options.client)
        let authority = [UInt8](options.defaultAuthority)
        let added = head.sizeAddedMax(rules: rules, client: client.count, defaultAuthority: authority.count)
        for room in [head.fieldsEnd + added - 1, head.fieldsEnd + added] {
            var buffer = Buffer(capacity: room)
            // A block may be larger than what was asked for.
            let isEnough = buffer.room >= head.fieldsEnd + added
            // A byte too many would end the process here.
            let fits = head.write(
                bytes.span.bytes, to: &buffer, rules: rules, client: client.span.bytes,
                stripPrefix: options.stripPrefix, defaultAuthority: authority.span.bytes, isLast: options.isLast,
                isTrusted: true, passing: head.upgrades(bytes.span.bytes, among: rules.upgrades))
            #expect(fits == isEnough)
            guard fits else { continue }
            let written = buffer.withReadable { $0.count }
            #expect(written <= head.fieldsEnd + added)
        }
    }

    @Test("the largest request needs all but the parts that exclude each other")
    func requestSlack() throws {
        let (text, options) = SizeBoundTests.requests[0]
        let bytes = [UInt8]("\(text)\r\n")
        var head = RequestHead()
        _ = try #require(try head.parse(bytes.span.bytes, limits: HeadLimits()))
        let rules = RequestRules(via: options.via, forwarded: options.forwarded, upgrades: [])
        let added = head.sizeAddedMax(rules: rules, client: options.client.utf8.count, defaultAuthority: 0)
        let written = try #require(try rewrite(String(text + "\r\n"), options)).utf8.count
        // The absolute target's scheme and host are left out, one asterisk stands for them; names of protocols and
        // their line exclude the line that says close; `unknown` excludes an address.
        let left = "http://".utf8.count + head.authority.count
        let excluded =
            "Connection: upgrade\r\nUpgrade: \r\n".utf8.count + UpgradeSet.countMax - "Connection: close\r\n".utf8.count
            + "unknown".utf8.count
        #expect(head.fieldsEnd + added - excluded - left == written)
    }

    static let responses: [(String, UInt8, ResponseDelivery.Framing)] = [
        ("HTTP/1.1 200\r\n", 1, .chunked), ("HTTP/1.0 200\r\n", 0, .asIs),
        ("HTTP/1.1 426\r\nConnection:upgrade\r\nUpgrade:p0\r\n", 1, .chunked),
        ("HTTP/1.1 101\r\nConnection:upgrade\r\nUpgrade:p0\r\n", 1, .asIs),
        ("HTTP/1.1 200\r\nTransfer-Encoding:chunked\r\n", 0, .untilClose),
        ("HTTP/1.1 204\r\nContent-Length:0\r\n", 1, .asIs),
    ]

    @Test("a response fits too", arguments: responses, [false, true])
    func responseBound(_ came: (String, UInt8, ResponseDelivery.Framing), keepAlive: Bool) throws {
        let bytes = [UInt8]("\(came.0)\r\n")
        let date = [UInt8]("Date: d\r\n")
        var head = ResponseHead()
        _ = try #require(try head.parse(bytes.span.bytes, limits: HeadLimits()))
        let rules = ResponseRules(via: "s", upgrades: SizeBoundTests.protocols)
        let delivery = ResponseDelivery(clientMinor: came.1, keepAlive: keepAlive, framing: came.2)
        let added = head.sizeAddedMax(rules: rules, date: date.count)
        var buffer = Buffer(capacity: head.fieldsEnd + added)
        let fits = head.write(bytes.span.bytes, to: &buffer, rules: rules, delivery, date: date.span.bytes)
        #expect(fits)
        let written = buffer.withReadable { $0.count }
        #expect(written <= head.fieldsEnd + added)
        // The largest of them needs every byte, its own Connection line's place included.
        if came.0.contains("426"), !keepAlive {
            #expect(written == head.fieldsEnd + added - "Connection:upgrade\r\n".utf8.count)
        }
    }
}

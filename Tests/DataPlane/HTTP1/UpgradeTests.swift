import Control
import Testing

@testable import DataPlane

@Suite("upgrades: RFC 9110, 7.8")
struct UpgradeTests {
    static let protocols = UpgradeSet.names(["websocket", "Chat/2", "irc"])
    private static let websocket = UpgradeSet(at: 0)
    private static let chat = UpgradeSet(at: 1)
    private static let irc = UpgradeSet(at: 2)

    /// Field lines and what they ask for.
    static let asked: [(String, UpgradeSet)] = [
        ("Upgrade: websocket\r\nConnection: upgrade\r\n", websocket),
        ("Connection: Upgrade\r\nUpgrade: WebSocket\r\n", websocket),
        ("Connection: keep-alive, UPGRADE\r\nUpgrade:\twebsocket \r\n", websocket),
        ("Connection: keep-alive\r\nConnection: upgrade\r\nUpgrade: websocket\r\n", websocket),
        ("Connection: upgrade\r\nUpgrade: h2c, irc, websocket\r\n", [websocket, irc]),
        ("Connection: upgrade\r\nUpgrade: ,irc,, ,\r\nUpgrade: chat/2\r\n", [chat, irc]),
        ("Connection: upgrade, close\r\nUpgrade: irc\r\n", irc),
        // A version is part of the name.
        ("Connection: upgrade\r\nUpgrade: websocket/13, chat, chat/1\r\n", []),
        ("Connection: upgrade\r\nUpgrade: CHAT/2\r\n", chat),
        // Both are needed.
        ("Connection: keep-alive\r\nUpgrade: websocket\r\n", []), ("Upgrade: websocket\r\n", []),
        ("Connection: upgrade\r\n", []), ("Connection: upgrade\r\nUpgrade:\r\n", []),
        ("Connection: upgrades\r\nUpgrade: websocket\r\n", []),
        // What is none of the names.
        ("Connection: upgrade\r\nUpgrade: web socket\r\n", []), ("Connection: upgrade\r\nUpgrade: websocketx\r\n", []),
        ("Connection: upgrade\r\nUpgrade: \"websocket\"\r\n", []),
        ("Connection: upgrade\r\nUpgrade: websocket;a=b\r\n", []),
        // A length of zero is no content.
        ("Connection: upgrade\r\nUpgrade: irc\r\nContent-Length: 0\r\n", irc),
        ("Connection: upgrade\r\nUpgrade: irc\r\nContent-Length: 1\r\n", []),
        ("Connection: upgrade\r\nUpgrade: irc\r\nTransfer-Encoding: chunked\r\n", []),
    ]

    private func request(_ text: String) throws -> UpgradeSet {
        var head = RequestHead()
        let bytes = [UInt8](text)
        _ = try #require(try head.parse(bytes.span.bytes, limits: HeadLimits()))
        return head.upgrades(bytes.span.bytes, among: UpgradeTests.protocols)
    }

    @Test("a request asks for those that both fields name", arguments: asked)
    func requests(fields: String, wanted: UpgradeSet) throws {
        #expect(try request("GET / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n") == wanted)
        #expect(try request("GET / HTTP/1.0\r\nHost: h\r\n\(chunkless(fields))\r\n") == [])
        #expect(try request("CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\(fields)\r\n") == [])
    }

    // HTTP/1.0 knows no Transfer-Encoding.
    private func chunkless(_ fields: String) -> String { fields.replacing("Transfer-Encoding: chunked\r\n", with: "") }

    @Test("no protocol means none, and there may be as many as there are bits")
    func counts() throws {
        var head = RequestHead()
        let names = (0..<40).map { "p\($0)" }
        let bytes = [UInt8](
            "GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: \(names.joined(separator: ", "))\r\n\r\n")
        _ = try #require(try head.parse(bytes.span.bytes, limits: HeadLimits()))
        #expect(head.upgrades(bytes.span.bytes, among: []) == [])
        let lists = UpgradeSet.names(names)
        #expect(lists.count == UpgradeSet.countMax)
        #expect(head.upgrades(bytes.span.bytes, among: lists).rawValue == .max)
        // A list that was not made by `names` may be longer; what has no bit is not asked for.
        #expect(head.upgrades(bytes.span.bytes, among: names.map { [UInt8]($0) }).rawValue == .max)
        #expect(UpgradeSet(at: 32) == [] && UpgradeSet(at: 31).rawValue == 1 << 31)
    }

    /// A status, the fields, all that are named, and the one that a 101 switches to.
    static let answers: [(Int, String, UpgradeSet, UpgradeSet?)] = [
        (101, "Upgrade: websocket\r\nConnection: upgrade\r\n", websocket, websocket),
        (101, "Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n", websocket, websocket),
        (101, "Upgrade: ,websocket,\r\nConnection: upgrade\r\n", websocket, websocket),
        (101, "Upgrade: websocket, irc\r\nConnection: upgrade\r\n", [websocket, irc], nil),
        (101, "Upgrade: websocket, websocket\r\nConnection: upgrade\r\n", websocket, nil),
        (101, "Upgrade: websocket\r\nUpgrade: irc\r\nConnection: upgrade\r\n", [websocket, irc], nil),
        (101, "Upgrade: websocket, h2c\r\nConnection: upgrade\r\n", websocket, nil),
        (101, "Upgrade: h2c\r\nConnection: upgrade\r\n", [], nil),
        (101, "Upgrade: websocket/13\r\nConnection: upgrade\r\n", [], nil),
        (101, "Upgrade: websocket\r\n", [], nil), (101, "Connection: upgrade\r\n", [], nil), (101, "", [], nil),
        (200, "Upgrade: websocket\r\nConnection: upgrade\r\n", websocket, nil),
        (426, "Upgrade: websocket\r\nConnection: upgrade\r\n", websocket, nil),
    ]

    @Test("a response switches to exactly one", arguments: answers)
    func responses(status: Int, fields: String, named: UpgradeSet, one: UpgradeSet?) throws {
        var head = ResponseHead()
        let bytes = [UInt8]("HTTP/1.1 \(status) x\r\n\(fields)\r\n")
        _ = try #require(try head.parse(bytes.span.bytes, limits: HeadLimits()))
        #expect(head.upgrades(bytes.span.bytes, among: UpgradeTests.protocols) == named)
        #expect(head.switchedProtocol(bytes.span.bytes, among: UpgradeTests.protocols) == one)
    }

    typealias Case = RequestWritingTests.Case
    private static let host = " HTTP/1.1\r\nHost: h\r\n"
    private static let options = WriteOptions(upgrades: ["websocket", "irc"])

    static let written: [Case] = [
        Case(
            "as the client wrote it, with the fields of its own",
            "GET /\(host)Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Key: a\r\n\r\n",
            "GET /\(host)Sec-WebSocket-Key: a\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\n\r\n", options),
        Case(
            "in the client's order, those alone that may be asked for, each once",
            "GET /\(host)Upgrade: h2c, irc\r\nConnection: upgrade\r\nUpgrade: ,websocket/13,websocket , IRC\r\n\r\n",
            "GET /\(host)Connection: upgrade\r\nUpgrade: irc, websocket\r\n\r\n", options),
        Case(
            "without the settings of HTTP/2",
            "GET /\(host)Upgrade: h2c, irc\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: a\r\n\r\n",
            "GET /\(host)Connection: upgrade\r\nUpgrade: irc\r\n\r\n", options),
        Case(
            "not at all when nothing is left",
            "GET /\(host)Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: a\r\n\r\n",
            "GET /\(host)\r\n", options),
        Case(
            "with nothing configured", "GET /\(host)Upgrade: websocket\r\nConnection: upgrade\r\n\r\n",
            "GET /\(host)\r\n"),
        Case(
            "and never the connection's end", "GET /\(host)Upgrade: irc\r\nConnection: upgrade, close\r\n\r\n",
            "GET /\(host)Connection: upgrade\r\nUpgrade: irc\r\n\r\n", WriteOptions(isLast: true, upgrades: ["irc"])),
        Case(
            "else with the connection's end", "GET /\(host)Upgrade: x\r\nConnection: upgrade\r\n\r\n",
            "GET /\(host)Connection: close\r\n\r\n", WriteOptions(isLast: true, upgrades: ["irc"])),
    ]

    @Test("go upstream", arguments: written)
    func writes(_ wanted: Case) throws { #expect(try rewrite(wanted.came, wanted.options) == wanted.goes) }

    @Test("only those that are passed are asked for")
    func passing() throws {
        var head = RequestHead()
        let bytes = [UInt8]("GET / HTTP/1.1\r\nHost: h\r\nUpgrade: irc, websocket\r\nConnection: upgrade\r\n\r\n")
        _ = try #require(try head.parse(bytes.span.bytes, limits: HeadLimits()))
        let rules = RequestRules(via: "", forwarded: .leave, upgrades: ["websocket", "chat/2", "irc"])
        for (passing, line) in [
            (UpgradeTests.websocket, "Upgrade: websocket\r\n"), (UpgradeTests.irc, "Upgrade: irc\r\n"), ([], ""),
        ] as [(UpgradeSet, String)] {
            var buffer = Buffer(capacity: 4096)
            let fits = head.write(
                bytes.span.bytes, to: &buffer, rules: rules, client: [UInt8]().span.bytes, stripPrefix: 0,
                defaultAuthority: [UInt8]().span.bytes, isTrusted: true, passing: passing)
            #expect(fits)
            let connection = line.isEmpty ? "" : "Connection: upgrade\r\n"
            let written = buffer.withReadable { Array($0) }
            #expect(written.text(0..<written.count) == "GET / HTTP/1.1\r\nHost: h\r\n\(connection)\(line)\r\n")
        }
    }
}

import Control
import TestSupport
import Testing

@Suite("addresses and ranges of them")
struct AddressTests {
    static let addresses: [(String, [UInt8], String)] = [
        ("0.0.0.0", [0, 0, 0, 0], "0.0.0.0"), ("192.0.2.1", [192, 0, 2, 1], "192.0.2.1"),
        ("255.255.255.255", [255, 255, 255, 255], "255.255.255.255"),
        ("::", Array(repeating: 0, count: 16), "::"), ("::1", Array(repeating: 0, count: 15) + [1], "::1"),
        ("1::", [0, 1] + Array(repeating: 0, count: 14), "1::"),
        (
            "2001:DB8:0:0:8:800:200C:417A",
            [0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 8, 8, 0, 0x20, 0x0C, 0x41, 0x7A], "2001:db8::8:800:200c:417a"
        ),
        ("1:2:3:4:5:6:7::", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 0], "1:2:3:4:5:6:7:0"),
        ("::2:3:4:5:6:7:8", [0, 0, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8], "0:2:3:4:5:6:7:8"),
        ("1:0:0:2:0:0:0:3", [0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3], "1:0:0:2::3"),
        ("1:0:0:2:3:0:0:4", [0, 1, 0, 0, 0, 0, 0, 2, 0, 3, 0, 0, 0, 0, 0, 4], "1::2:3:0:0:4"),
        ("::ffff:1.2.3.4", Array(repeating: 0, count: 10) + [255, 255, 1, 2, 3, 4], "::ffff:102:304"),
        ("1:2:3:4:5:6:1.2.3.4", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 1, 2, 3, 4], "1:2:3:4:5:6:102:304"),
        ("00ab::00Cd", [0, 0xAB] + Array(repeating: 0, count: 12) + [0, 0xCD], "ab::cd"),
    ]

    @Test("are read and written in one way", arguments: addresses)
    func reads(text: String, bytes: [UInt8], canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.bytes == bytes)
        #expect(address.description == canonical)
        #expect(IPAddress(canonical) == address)
    }

    static let none = [
        "", " ", "a", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.04", "01.2.3.4", "1.2.3.", ".1.2.3", "1..2.3",
        "1.2.3.4 ", " 1.2.3.4", "1.2.3.+4", "0x1.2.3.4", "1.2.3.1000", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1::2::3", ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:", "12345::", "::g",
        "::1.2.3", "::1.2.3.4.5", "::1.2.3.4:5", "1.2.3.4::", "1:2:3:4:5:6:7:1.2.3.4", "[::1]", "::1%eth0", "::%",
        "fe80::1%1", "::-1", "::\u{0661}", "\u{0661}.2.3.4", "localhost",
    ]

    @Test("are nothing else", arguments: none)
    func refuses(text: String) { #expect(IPAddress(text) == nil) }

    @Test("any bytes are written and read again", arguments: Seeds.forThisRun(8))
    func roundTrip(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<2_000 {
            // Half the groups are zero, so that there are rows of them.
            let text = (0..<8).map { _ in
                Bool.random(using: &random) ? "0" : String(UInt16.random(in: 0...0xFFFF, using: &random), radix: 16)
            }.joined(separator: ":")
            let address = try #require(IPAddress(text), "seed \(seed): \(text)")
            #expect(IPAddress(address.description) == address, "seed \(seed): \(text)")
            #expect(address.description.utf8.count <= text.utf8.count, "seed \(seed): \(text)")
        }
    }

    static let ranges: [(String, String, [String], [String])] = [
        (
            "10.0.0.0/8", "10.0.0.0/8", ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"],
            ["9.255.255.255", "11.0.0.0"]
        ),
        ("192.168.4.0/22", "192.168.4.0/22", ["192.168.4.0", "192.168.7.255"], ["192.168.3.255", "192.168.8.0"]),
        ("127.0.0.1", "127.0.0.1", ["127.0.0.1", "::ffff:7f00:1"], ["127.0.0.2", "::1", "::7f00:1"]),
        ("127.0.0.1/32", "127.0.0.1", ["127.0.0.1"], ["127.0.0.0"]),
        ("0.0.0.0/0", "0.0.0.0/0", ["0.0.0.0", "255.255.255.255", "::ffff:0.0.0.0"], ["::", "::1"]),
        ("0.0.0.0/1", "0.0.0.0/1", ["127.255.255.255"], ["128.0.0.0"]),
        ("::1", "::1", ["::1"], ["::2", "0.0.0.1"]), ("::1/128", "::1", ["::1"], ["::"]),
        ("FD00::/8", "fd00::/8", ["fd00::", "fdff:ffff::1"], ["fc00::", "fe00::"]),
        ("2001:db8::/33", "2001:db8::/33", ["2001:db8:7fff::1"], ["2001:db8:8000::"]),
        // IPv4-mapped addresses count as IPv4 ones, in ranges too.
        ("::/0", "::/0", ["::", "ffff::"], ["1.2.3.4", "::ffff:1.2.3.4"]),
        ("::ffff:10.0.0.0/104", "10.0.0.0/8", ["10.1.2.3", "::ffff:10.1.2.3"], ["11.0.0.0"]),
        ("::ffff:0:0/96", "0.0.0.0/0", ["1.2.3.4"], ["::"]), ("::ffff:1.2.3.4", "1.2.3.4", ["1.2.3.4"], ["1.2.3.5"]),
    ]

    @Test("a range holds what its first bits say", arguments: ranges)
    func contains(text: String, canonical: String, inside: [String], outside: [String]) throws {
        let range = try AddressRange(text)
        #expect(range.description == canonical)
        #expect(try AddressRange(canonical) == range)
        for address in inside { #expect(range.contains(try #require(IPAddress(address)).bytes), "\(address)") }
        for address in outside { #expect(!range.contains(try #require(IPAddress(address)).bytes), "\(address)") }
        // A client without an address, and what can be no address.
        for bytes in [[], [10], [10, 0, 0], [10, 0, 0, 0, 0], Array(repeating: 0, count: 15)] as [[UInt8]] {
            #expect(!range.contains(bytes))
        }
    }

    private static let wanted = "must be an address or a range such as 10.0.0.0/8 or fd00::/8, not "

    static let faults: [(String, String)] = [
        ("", wanted + "\"\""), ("localhost", wanted + "\"localhost\""), ("10.0.0/8", wanted + "\"10.0.0/8\""),
        ("10.0.0.0:80", wanted + "\"10.0.0.0:80\""), ("[::1]", wanted + "\"[::1]\""), ("/8", wanted + "\"/8\""),
        ("10.0.0.0/", "must have a number from 0 to 32 behind the /, not \"\""),
        ("10.0.0.0/33", "must have a number from 0 to 32 behind the /, not \"33\""),
        ("10.0.0.0/08", "must have a number from 0 to 32 behind the /, not \"08\""),
        ("10.0.0.0/+8", "must have a number from 0 to 32 behind the /, not \"+8\""),
        ("10.0.0.0/8/8", "must have a number from 0 to 32 behind the /, not \"8/8\""),
        ("10.0.0.0/255.0.0.0", "must have a number from 0 to 32 behind the /, not \"255.0.0.0\""),
        ("::/129", "must have a number from 0 to 128 behind the /, not \"129\""),
        ("::/99999999999999999999", "must have a number from 0 to 128 behind the /, not \"99999999999999999999\""),
        (
            "10.1.2.3/8",
            "has bits set beyond the first 8: must be 10.0.0.0/8 or 10.1.2.3, not \"10.1.2.3/8\""
        ),
        (
            "10.0.0.1/0", "has bits set beyond the first 0: must be 0.0.0.0/0 or 10.0.0.1, not \"10.0.0.1/0\""
        ),
        (
            "2001:db8::1/32",
            "has bits set beyond the first 32: must be 2001:db8::/32 or 2001:db8::1, not \"2001:db8::1/32\""
        ),
    ]

    @Test("what is wrong with a range is said", arguments: faults)
    func fault(text: String, message: String) {
        #expect(throws: SettingFault(message)) { try AddressRange(text) }
    }
}

@Suite("protocols of upgrades")
struct UpgradeProtocolTests {
    @Test(
        "are tokens, with or without a version, in small letters",
        arguments: [
            ("websocket", "websocket"), ("WebSocket", "websocket"), ("IRC/6.9", "irc/6.9"), ("a!#$%&'*+-.^_`|~9", nil),
            ("h2cx", "h2cx"), ("tlsx/1", "tlsx/1"),
        ])
    func good(text: String, name: String?) throws { #expect(try UpgradeProtocol.name(text) == name ?? text) }

    @Test(
        "are nothing else",
        arguments: [
            "", "/", "a/", "/1", "a/1/2", "a b", "a,b", "a\r\nb", "a:b", "\u{E9}", "\"a\"", "a\0", "K\u{308}",
            String(repeating: "a", count: 65),
        ])
    func bad(text: String) {
        #expect(throws: SettingFault("must be the name of a protocol such as websocket, not \"\(text)\"")) {
            try UpgradeProtocol.name(text)
        }
    }

    @Test("are never what no check could look into", arguments: ["h2c", "H2C", "h2", "TLS/1.0", "tls", "HTTP/2.0"])
    func never(text: String) {
        #expect(throws: SettingFault("must not be \(text): it is never passed on")) { try UpgradeProtocol.name(text) }
    }
}

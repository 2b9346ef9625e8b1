import Control
import Testing

@Suite("settings as people write them")
struct SettingTests {
    @Test(
        "durations are read and written",
        arguments: [
            ("500ms", 500_000_000, "500ms"), ("4s", 4_000_000_000, "4s"), ("1.5s", 1_500_000_000, "1500ms"),
            ("2m", 120_000_000_000, "2m"), ("1h", 3_600_000_000_000, "1h"), ("0s", 0, "0s"),
            ("90s", 90_000_000_000, "90s"),
            ("7us", 7_000, "7us"), ("1ns", 1, "1ns"),
        ] as [(String, UInt64, String)])
    func duration(text: String, nanoseconds: UInt64, written: String) throws {
        let duration = try #require(Duration(text: text))
        #expect(duration.wholeNanoseconds == nanoseconds)
        #expect(duration.text == written)
    }

    @Test(
        "what is no duration is refused",
        arguments: ["", "s", "4", "-1s", "4 s", "+4s", "1e400s", "nans", "4d", "0x4s", "1e3s", ".5s", "1.2.3s"])
    func notADuration(text: String) { #expect(Duration(text: text) == nil) }

    @Test(
        "sizes are read and written",
        arguments: [("32KiB", 32_768, "32KiB"), ("1MiB", 1_048_576, "1MiB"), ("4096", 4096, "4KiB"), ("7B", 7, "7B")])
    func size(text: String, bytes: Int, written: String) {
        #expect(ByteSize.parse(text) == bytes)
        #expect(ByteSize.text(bytes) == written)
    }

    @Test("what is no size is refused", arguments: ["", "KiB", "-1", "1.5MiB", "9223372036854775807KiB", "4 KiB"])
    func notASize(text: String) { #expect(ByteSize.parse(text) == nil) }

    @Test("every setting of an agent survives being read and written again", arguments: AgentSettings.keys.map(\.name))
    func roundTrip(name: String) throws {
        let key = try #require(AgentSettings.key(name))
        let original = AgentSettings(upstream: try UpstreamURL("http://127.0.0.1:1984"))
        var copy = original
        try key.set(&copy, key.get(original))
        #expect(copy == original)
    }

    @Test(
        "a value out of range is refused with what is allowed, and changes nothing",
        arguments: [
            ("maxSockets", .number(0), "must be 1 to 1000000, not 0"),
            ("maxSockets", .number(1.5), "must be a whole number from 1 to 1000000, not 1.5"),
            ("maxSockets", .string("many"), "must be a whole number from 1 to 1000000, not \"many\""),
            ("mode", .string("pooled"), "must be keepalive or normal, not \"pooled\""),
            ("timeout", .string("soon"), "must be a duration such as \"500ms\", \"4s\" or \"2m\", not \"soon\""),
            ("timeout", .string("0s"), "must be 1ms to 24h, not 0s"),
            ("retry", .number(1), "must be true or false, not 1"),
            ("upstream", .string("ftp://x"), "must be http://host:port or unix:/path, not \"ftp://x\""),
            ("upstream", .list([]), "must be one upstream; several for one agent are not supported yet"),
            ("scheduling", .null, "must be lifo or fifo, not null"),
        ] as [(String, SettingValue, String)])
    func fault(name: String, value: SettingValue, message: String) throws {
        let key = try #require(AgentSettings.key(name))
        let original = AgentSettings(upstream: try UpstreamURL("http://127.0.0.1:1984"))
        var copy = original
        #expect(throws: SettingFault(message)) { try key.set(&copy, value) }
        #expect(copy == original)
    }

    @Test(
        "addresses are read and written",
        arguments: [
            ("127.0.0.1:80", "127.0.0.1:80", true), ("[::1]:8080", "[::1]:8080", true),
            ("localhost:0", "localhost:0", true),
            (":8080", "0.0.0.0:8080", false), ("unix:/run/s.sock", "unix:/run/s.sock", true),
            ("example.org:443", "example.org:443", false),
        ])
    func address(text: String, written: String, isLoopback: Bool) throws {
        let address = try SocketAddress(text)
        #expect(address.description == written)
        #expect(address.isLoopback == isLoopback)
    }

    @Test(
        "what is no address is refused",
        arguments: ["", "host", "host:", "host:65536", "host:-1", "::1:80", "[::1]", "[x]:1", "unix:relative", "a b:1"])
    func notAnAddress(text: String) { #expect(throws: SettingFault.self) { try SocketAddress(text) } }

    @Test(
        "upstreams are read and written",
        arguments: [
            ("http://127.0.0.1:1984", "http://127.0.0.1:1984"), ("http://host", "http://host:80"),
            ("http://host:8080/", "http://host:8080"), ("unix:/run/app", "unix:/run/app"),
            ("http://[::1]:9", "http://[::1]:9"),
        ])
    func upstream(text: String, written: String) throws { #expect(try UpstreamURL(text).description == written) }

    @Test(
        "what is no upstream is refused",
        arguments: ["host:80", "https://host", "http://", "http://h/path", "http://u@h", "http://h:0"])
    func notAnUpstream(text: String) { #expect(throws: SettingFault.self) { try UpstreamURL(text) } }
}

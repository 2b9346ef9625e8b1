import Control
import Testing

@testable import sluice

@Suite("Words without quotes")
struct PlainScalarTests {
    @Test(
        "mean what YAML 1.2 says",
        arguments: [
            ("", SettingValue.null), ("~", .null), ("null", .null), ("nULL", .string("nULL")), ("true", .bool(true)),
            ("FALSE", .bool(false)), ("on", .string("on")), ("yes", .string("yes")), ("0", .number(0)),
            ("-12", .number(-12)), ("+3", .number(3)), ("1.5", .number(1.5)), (".5", .number(0.5)),
            ("1e3", .number(1000)), ("0x1F", .number(31)), ("0o17", .number(15)), ("0x", .string("0x")),
            ("0x-1", .string("0x-1")), ("1:30", .string("1:30")), ("1_000", .string("1_000")), ("inf", .string("inf")),
            (".nan", .string(".nan")), ("1e999", .string("1e999")), ("4s", .string("4s")), ("-", .string("-")),
            ("127.0.0.1", .string("127.0.0.1")), ("e", .string("e")),
            ("0xFFFFFFFFFFFFFFFFF", .string("0xFFFFFFFFFFFFFFFFF")),
        ])
    func value(text: String, value: SettingValue) {
        #expect(PlainScalar.value(text) == value)
    }

    @Test(
        "the word that was meant",
        arguments: [
            ("maxSocket", "maxSockets"), ("mode", "mode"), ("mdoe", "mode"), ("MAXSOCKETS", "maxSockets"),
            ("modus", nil), ("x", nil), ("", nil),
        ] as [(String, String?)])
    func suggestion(typed: String, meant: String?) {
        #expect(Suggestion.nearest(to: typed, in: ["maxSockets", "mode"]) == meant)
    }
}

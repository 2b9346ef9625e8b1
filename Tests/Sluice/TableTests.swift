import Control
import Testing

@testable import sluice

@Suite("Tables for people")
struct TableTests {
    private static let plain = Terminal(isTerminal: false, hasColor: false)
    private static let colored = Terminal(isTerminal: true, hasColor: true)

    private func table() -> TextTable {
        var table = TextTable(columns: [
            .init(name: "NAME", isFigure: false), .init(name: "N"), .init(name: "WHERE", isFigure: false),
        ])
        table.rows = [
            [.init("a"), .init("1000", .red), .init("here")], [.init("longer"), .init("7"), .init("there")],
        ]
        return table
    }

    @Test("figures stand at the right, words at the left, and no line ends in blanks")
    func aligned() {
        #expect(
            table().lines(Self.plain) == ["NAME       N  WHERE", "a       1000  here", "longer     7  there"])
    }

    @Test("colors add nothing to the width, and only where they are wanted")
    func colors() {
        let lines = table().lines(Self.colored)
        #expect(lines[1] == "a       \u{1B}[31m1000\u{1B}[0m  here")
        #expect(!table().lines(Self.plain).joined().contains("\u{1B}"))
    }

    @Test("a line is cut to the width", arguments: 0...25)
    func cut(width: Int) {
        for (line, whole) in zip(table().lines(Self.plain, width: width), table().lines(Self.plain)) {
            #expect(line == String(whole.prefix(width)))
        }
    }

    @Test(
        "seconds have a unit",
        arguments: [
            (0, "0 us"), (0.00034, "340 us"), (0.0056, "5.6 ms"), (0.9994, "999.4 ms"), (4, "4.0 s"), (599, "599.0 s"),
            (600, "10.0 min"), (36_000, "10.0 h"),
        ] as [(Double, String)])
    func seconds(value: Double, text: String) { #expect(Figure.seconds(APIValue(.number(value))) == text) }

    @Test(
        "bytes have a unit",
        arguments: [
            (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (9_600_000, "9.6 MB"), (2e9, "2.0 GB"), (3e12, "3.0 TB"),
        ] as [(Double, String)])
    func bytes(value: Double, text: String) { #expect(Figure.bytes(APIValue(.number(value))) == text) }

    @Test(
        "no number traps",
        arguments: [
            Double.greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1e12, 1e300, -1e18, .leastNormalMagnitude,
        ])
    func anyNumber(value: Double) {
        let value = APIValue(.number(value))
        for text in [Figure.count(value), Figure.rate(value), Figure.seconds(value), Figure.bytes(value)] {
            #expect(!text.isEmpty)
        }
    }

    @Test("what is no number is a dash")
    func none() {
        for value in [APIValue(.null), APIValue(.string("x")), APIValue(.list([]))] {
            #expect([Figure.count(value), Figure.rate(value), Figure.seconds(value)] == ["-", "-", "-"])
        }
    }

    @Test("an agent that says nothing of itself is still a row")
    func emptyAgent() {
        let lines = AgentTable.lines([APIValue(.object(["name": .string("k")]))], Self.plain)
        #expect(lines.count == 2 && lines[1].hasPrefix("k "))
        #expect(!AgentTable.details(APIValue(.null)).isEmpty)
    }
}

import Control

/// Writes a part of the history as JSON: byte by byte, since a day of a hundred agents has more than a million figures.
struct HistoryJSON {
    private var bytes: [UInt8] = []
    private let isPretty: Bool

    /// An empty one; `isPretty` puts each column on a line of its own.
    init(isPretty: Bool) { self.isPretty = isPretty }

    /// The whole of it.
    static func encoded(
        _ view: History.View, _ query: HistoryQuery, changes: [Event], isPretty: Bool
    ) -> [UInt8] {
        var json = HistoryJSON(isPretty: isPretty)
        json.bytes.reserveCapacity(view.agents.count * HistoryColumn.allCases.count * query.count * 6 + 1024)
        json.open("{")
        json.key("start", isFirst: true, depth: 1)
        json.bytes += JSONValue.string(Timestamp.text(view.start)).encoded()
        json.key("step", depth: 1)
        json.bytes += "\(query.step)".utf8
        json.key("window", depth: 1)
        json.bytes += "\(query.window)".utf8
        json.key("agents", depth: 1)
        json.open("{")
        for (index, agent) in view.agents.enumerated() {
            json.key(agent.name, isFirst: index == 0, depth: 2)
            json.open("{")
            for (column, figures) in zip(HistoryColumn.allCases, agent.columns) {
                json.key(column.name, isFirst: column.rawValue == 0, depth: 3)
                json.write(figures)
            }
            json.close("}", depth: 2)
        }
        json.close("}", depth: 1, isEmpty: view.agents.isEmpty)
        json.key("changes", depth: 1)
        json.open("[")
        for (index, change) in changes.enumerated() {
            json.next(isFirst: index == 0, depth: 2)
            json.bytes += change.json.utf8
        }
        json.close("]", depth: 1, isEmpty: changes.isEmpty)
        json.close("}", depth: 0)
        json.bytes.append(UInt8(ascii: "\n"))
        return json.bytes
    }

    private mutating func write(_ figures: [Float?]) {
        bytes.append(UInt8(ascii: "["))
        for (index, figure) in figures.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            if let figure { write(figure) } else { bytes += "null".utf8 }
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// To a millionth, which is what quantiles and rates are good for.
    private mutating func write(_ figure: Float) {
        let value = (Double(figure) * 1e6).rounded() / 1e6
        if let whole = Int64(exactly: value) {
            bytes += String(whole).utf8
        } else if value.isFinite {
            bytes += value.description.utf8
        } else {
            bytes += "null".utf8
        }
    }

    private mutating func open(_ bracket: String) { bytes += bracket.utf8 }

    private mutating func close(_ bracket: String, depth: Int, isEmpty: Bool = false) {
        if !isEmpty { breakLine(depth) }
        bytes += bracket.utf8
    }

    private mutating func key(_ name: String, isFirst: Bool = false, depth: Int) {
        next(isFirst: isFirst, depth: depth)
        bytes += JSONValue.string(name).encoded()
        bytes += (isPretty ? ": " : ":").utf8
    }

    private mutating func next(isFirst: Bool, depth: Int) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        breakLine(depth)
    }

    private mutating func breakLine(_ depth: Int) {
        guard isPretty else { return }
        bytes.append(UInt8(ascii: "\n"))
        for _ in 0..<depth { bytes += "  ".utf8 }
    }
}

import Control

/// Which part of the history is asked for, and how fine.
struct HistoryQuery {
    /// Columns are no longer than this: the step is lengthened to what that needs.
    static let slotsMax = 1440

    /// Seconds back from now: 1 to 86,400.
    private(set) var window = HistorySeries.secondsMax
    /// Seconds of a slot: 1 to 3,600.
    private(set) var step = 1

    /// How long each column is.
    var count: Int { (window + step - 1) / step }

    /// Reads `window` and `step`; throws all that is wrong with them.
    init(_ query: [String: String]) throws(Problem) {
        var faults: [Problem.Fault] = []
        func seconds(_ name: String, upTo most: Int) -> Int? {
            guard let text = query[name] else { return nil }
            let value = Double(text).map { SettingValue.number($0) } ?? .string(text)
            do throws(SettingFault) {
                let duration = try value.duration(in: .seconds(1)...(.seconds(most)))
                if duration.components.attoseconds == 0 { return Int(duration.components.seconds) }
                faults.append(Problem.Fault(place: .parameter(name), detail: "must be whole seconds"))
            } catch {
                faults.append(Problem.Fault(place: .parameter(name), detail: error.message))
            }
            return nil
        }
        if let window = seconds("window", upTo: HistorySeries.minutesMax * 60) { self.window = window }
        let asked = seconds("step", upTo: 3_600) ?? (window <= HistorySeries.secondsMax ? 1 : 60)
        guard faults.isEmpty else { throw .badParameters(faults) }
        step = max(asked, (window + Self.slotsMax - 1) / Self.slotsMax)
    }
}

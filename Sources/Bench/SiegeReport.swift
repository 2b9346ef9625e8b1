/// A load's figures in siege's own form.
package enum SiegeReport {
    /// One line of the report: its label, and its value with its unit.
    package struct Line: Sendable, Equatable {
        package let label: String
        package let value: String
        package let unit: String
    }

    /// The report's lines, in siege's order.
    package static func lines(_ result: LoadResult) -> [Line] {
        [
            Line(label: "Transactions", value: "\(result.transactions)", unit: "hits"),
            Line(label: "Availability", value: fixed(result.availability), unit: "%"),
            Line(label: "Elapsed time", value: fixed(result.elapsed), unit: "secs"),
            Line(label: "Data transferred", value: fixed(result.dataTransferred), unit: "MB"),
            Line(label: "Response time", value: fixed(result.responseTime, 4), unit: "secs"),
            Line(label: "Transaction rate", value: fixed(result.transactionRate), unit: "trans/sec"),
            Line(label: "Throughput", value: fixed(result.throughput), unit: "MB/sec"),
            Line(label: "Concurrency", value: fixed(result.concurrency), unit: ""),
            Line(label: "Successful transactions", value: "\(result.transactions)", unit: ""),
            Line(label: "Failed transactions", value: "\(result.failed)", unit: ""),
            Line(label: "Longest transaction", value: fixed(result.longest, 4), unit: "secs"),
            Line(label: "Shortest transaction", value: fixed(result.shortest, 4), unit: "secs"),
        ]
    }

    /// The whole report.
    package static func text(_ result: LoadResult) -> [String] {
        lines(result).map { line in
            let unit = line.unit.isEmpty ? "" : " \(line.unit)"
            return "\((line.label + ":").padded(to: 26))\(line.value.padded(to: 12, right: true))\(unit)"
        }
    }

    /// `number` with so many digits behind the point.
    package static func fixed(_ number: Double, _ digits: Int = 2) -> String {
        var scale = 1
        for _ in 0..<digits { scale *= 10 }
        let scaled = Int((number * Double(scale)).rounded())
        let fraction = String(abs(scaled) % scale)
        let zeros = String(repeating: "0", count: digits - fraction.count)
        return "\(scaled < 0 ? "-" : "")\(abs(scaled) / scale).\(zeros)\(fraction)"
    }
}

extension String {
    /// Filled up with blanks to `width`, on the right or the left.
    func padded(to width: Int, right: Bool = false) -> String {
        let blanks = String(repeating: " ", count: max(0, width - count))
        return right ? blanks + self : self + blanks
    }
}

/// A reply to a scrape, written from its first line to its last.
///
/// Bytes are appended to one array and nothing is formatted through strings: a hundred agents with all their samples
/// take a few milliseconds. Formats: Prometheus' "Exposition formats", and OpenMetrics 1.0.
package struct Exposition: Sendable {
    package let format: TextFormat
    private var bytes: [UInt8] = []
    private var family: MetricFamily?
    private var sampleName: [UInt8] = []
    private var names: Set<String> = []

    /// An empty one.
    ///
    /// - Parameter capacity: How many bytes are set aside at first.
    package init(_ format: TextFormat, capacity: Int = 16 << 10) {
        self.format = format
        bytes.reserveCapacity(capacity)
    }

    /// Begins a family; its samples follow before the next one begins. A family that was there already traps.
    package mutating func begin(_ family: MetricFamily) {
        precondition(names.insert(family.name).inserted, "the family \(family.name) is there twice")
        self.family = family
        let suffix =
            switch family.kind {
            case .counter: "_total"
            case .info: "_info"
            case .gauge, .histogram: ""
            }
        sampleName = Array((family.name + suffix).utf8)
        // OpenMetrics names the family; the older format names the samples.
        let title = format == .openMetrics ? Array(family.name.utf8) : sampleName
        bytes += "# HELP ".utf8
        bytes += title
        bytes.append(UInt8(ascii: " "))
        bytes.appendEscaped(family.help, quotes: format == .openMetrics)
        bytes += "\n# TYPE ".utf8
        bytes += title
        bytes += " \(typeName(family.kind))\n".utf8
        if format == .openMetrics, let unit = family.unit {
            bytes += "# UNIT ".utf8
            bytes += title
            bytes += " \(unit)\n".utf8
        }
    }

    /// Writes a whole number as a sample of the family that was begun last.
    package mutating func sample(_ labels: Labels = .none, _ value: UInt64) {
        start(suffix: "", labels)
        bytes.append(decimal: value)
        bytes.append(UInt8(ascii: "\n"))
    }

    /// Writes a number as a sample of the family that was begun last.
    package mutating func sample(_ labels: Labels = .none, _ value: Double) {
        start(suffix: "", labels)
        bytes.append(number: value)
        bytes.append(UInt8(ascii: "\n"))
    }

    /// Writes one histogram of the family that was begun last.
    ///
    /// - Parameters:
    ///   - counts: How much fell into each bucket, and a last one for what is above; not yet added up.
    ///   - sum: Of all that was counted.
    package mutating func histogram(_ labels: Labels, _ buckets: Buckets, counts: [UInt64], sum: Double) {
        precondition(counts.count == buckets.labels.count, "one count for each bucket, and one more")
        var total: UInt64 = 0
        for (count, label) in zip(counts, buckets.labels) {
            total &+= count
            start(suffix: "_bucket", labels, and: label)
            bytes.append(decimal: total)
            bytes.append(UInt8(ascii: "\n"))
        }
        start(suffix: "_sum", labels)
        bytes.append(number: sum)
        bytes.append(UInt8(ascii: "\n"))
        start(suffix: "_count", labels)
        bytes.append(decimal: total)
        bytes.append(UInt8(ascii: "\n"))
    }

    /// The whole reply.
    package consuming func finish() -> [UInt8] {
        if format == .openMetrics { bytes += "# EOF\n".utf8 }
        return bytes
    }

    private mutating func start(suffix: String, _ labels: Labels, and last: [UInt8] = []) {
        bytes += sampleName
        bytes += suffix.utf8
        if !labels.bytes.isEmpty || !last.isEmpty {
            bytes.append(UInt8(ascii: "{"))
            bytes += labels.bytes
            if !labels.bytes.isEmpty, !last.isEmpty { bytes.append(UInt8(ascii: ",")) }
            bytes += last
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(UInt8(ascii: " "))
    }

    private func typeName(_ kind: MetricFamily.Kind) -> String {
        switch kind {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        // The older format has no type for it.
        case .info: format == .openMetrics ? "info" : "gauge"
        }
    }
}

extension [UInt8] {
    /// The digits of a whole number.
    mutating func append(decimal value: UInt64) {
        if value < 10 {
            append(UInt8(ascii: "0") + UInt8(value))
            return
        }
        var rest = value
        let start = count
        while rest > 0 {
            append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        }
        self[start...].reverse()
    }

    /// A number as both formats read it.
    mutating func append(number value: Double) {
        if value >= 0, value < 9_007_199_254_740_992, value == value.rounded(.towardZero) {
            append(decimal: UInt64(value))
        } else if value.isNaN {
            self += "NaN".utf8
        } else if value.isInfinite {
            self += (value > 0 ? "+Inf" : "-Inf").utf8
        } else {
            self += value.description.utf8
        }
    }
}

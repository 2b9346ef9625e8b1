/// Labels and their values, escaped once and then used for many samples.
package struct Labels: Sendable {
    /// `agent="k",state="free"`.
    let bytes: [UInt8]

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// No label.
    package static let none = Labels(bytes: [])

    /// These labels and one more; a name that the formats do not allow is a programmer's error and traps.
    package func adding(_ name: String, _ value: String) -> Labels {
        precondition(MetricFamily.isName(name) && name != "le", "not a label's name: \(name)")
        var bytes: [UInt8] = []
        bytes.reserveCapacity(self.bytes.count + name.utf8.count + value.utf8.count + 4)
        bytes += self.bytes
        if !bytes.isEmpty { bytes.append(UInt8(ascii: ",")) }
        bytes += name.utf8
        bytes += "=\"".utf8
        bytes.appendEscaped(value, quotes: true)
        bytes.append(UInt8(ascii: "\""))
        return Labels(bytes: bytes)
    }
}

extension [UInt8] {
    /// Both formats escape backslash and line feed; quotes in label values, and in OpenMetrics' help.
    mutating func appendEscaped(_ text: String, quotes: Bool) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): self += "\\\\".utf8
            case UInt8(ascii: "\n"): self += "\\n".utf8
            case UInt8(ascii: "\"") where quotes: self += "\\\"".utf8
            default: append(byte)
            }
        }
    }
}

/// What all samples of one name have in common.
///
/// A counter's name is written without `_total`, an info's without `_info`: each format adds them where it wants them.
package struct MetricFamily: Sendable {
    /// What its samples mean.
    package enum Kind: Sendable {
        /// Only rises.
        case counter
        /// Rises and falls.
        case gauge
        /// Counts by upper edge, with their sum.
        case histogram
        /// Always 1; the labels say it.
        case info
    }

    package let kind: Kind
    package let name: String
    package let help: String
    /// The name's last word, when it is a unit: `seconds`, `bytes`, `ratio`.
    package let unit: String?

    /// A family; a name that the formats do not allow is a programmer's error and traps.
    ///
    /// - Parameters:
    ///   - name: Letters, digits and `_`, in base units, without the suffix that its kind brings.
    ///   - help: One sentence.
    package init(_ kind: Kind, _ name: String, _ help: String) {
        if let fault = Self.fault(of: name) { preconditionFailure(fault) }
        self.kind = kind
        self.name = name
        self.help = help
        unit = ["seconds", "bytes", "ratio"].first { name.hasSuffix("_" + $0) }
    }

    /// Why a family cannot be called `name`; nil when it can.
    static func fault(of name: String) -> String? {
        if !isName(name) { return "not a metric's name: \(name)" }
        let suffix = ["_total", "_info", "_count", "_sum", "_bucket"].first { name.hasSuffix($0) }
        return suffix.map { "the suffix \($0) is added by the format: \(name)" }
    }

    /// Whether `name` is one of a metric or a label: a letter or `_`, then letters, digits and `_`.
    package static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
}

/// A number of bytes as people write it: `32KiB`, `1MiB`, `4096`.
package enum ByteSize {
    /// Reads a size; nil when `text` is not one.
    package static func parse(_ text: some StringProtocol) -> Int? {
        let units: [(suffix: String, size: Int)] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("B", 1)]
        let unit = units.first { text.hasSuffix($0.suffix) }
        let number = unit.map { text.dropLast($0.suffix.count) } ?? text[...]
        guard let value = Int(number), value >= 0 else { return nil }
        let (product, overflow) = value.multipliedReportingOverflow(by: unit?.size ?? 1)
        return overflow ? nil : product
    }

    /// Writes a size in the largest unit that needs no fraction.
    package static func text(_ bytes: Int) -> String {
        for (name, size) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
        where bytes >= size && bytes.isMultiple(of: size) {
            return "\(bytes / size)\(name)"
        }
        return "\(bytes)B"
    }
}

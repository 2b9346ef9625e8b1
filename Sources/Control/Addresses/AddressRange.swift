/// A range of IP addresses as people write it: `10.0.0.0/8`, `fd00::/8`, or one address alone.
package struct AddressRange: Sendable, Equatable, CustomStringConvertible {
    /// The first address of the range, four or sixteen bytes; those of an IPv4-mapped one are four.
    private let first: [UInt8]
    /// How many bits of it all addresses of the range share.
    private let prefixLength: Int

    /// Reads `address` or `address/bits`; throws what is wrong, in words.
    ///
    /// Bits set beyond the prefix are an error, since nobody can tell whether the address or the number was meant.
    package init(_ text: String) throws(SettingFault) {
        let slash = text.firstIndex(of: "/")
        let fault = SettingFault("must be an address or a range such as 10.0.0.0/8 or fd00::/8, not \"\(text)\"")
        guard let address = IPAddress(String(text[..<(slash ?? text.endIndex)])) else { throw fault }
        var length = address.bytes.count * 8
        if let slash {
            let digits = text[text.index(after: slash)...]
            guard digits.utf8.allSatisfy({ (48...57).contains($0) }), digits == "0" || digits.first != "0",
                let number = Int(digits), number <= length
            else { throw SettingFault("must have a number from 0 to \(length) behind the /, not \"\(digits)\"") }
            length = number
        }
        let masked = Self.masked(address.bytes, to: length)
        guard masked == address.bytes else {
            let meant = "\(IPAddress(bytes: masked))/\(length)"
            throw SettingFault(
                "has bits set beyond the first \(length): must be \(meant) or \(address), not \"\(text)\"")
        }
        // A range of IPv4-mapped addresses is one of IPv4 addresses, which is what they are taken for.
        let isMapped = IPAddress.unmapped(masked).count < masked.count && length >= 96
        first = isMapped ? IPAddress.unmapped(masked) : masked
        prefixLength = isMapped ? length - 96 : length
    }

    package var description: String {
        let address = IPAddress(bytes: first)
        return prefixLength == first.count * 8 ? "\(address)" : "\(address)/\(prefixLength)"
    }

    /// Whether `address` lies in the range.
    ///
    /// - Parameter address: Four bytes of an IPv4 address or sixteen of an IPv6 one; an IPv4-mapped one counts as
    ///   IPv4, so that it makes no difference whether a listener takes both.
    package func contains(_ address: [UInt8]) -> Bool {
        let address = IPAddress.unmapped(address)
        guard address.count == first.count else { return false }
        let whole = prefixLength / 8
        for index in 0..<whole where address[index] != first[index] { return false }
        return prefixLength % 8 == 0 || (address[whole] ^ first[whole]) >> UInt8(8 - prefixLength % 8) == 0
    }

    private static func masked(_ bytes: [UInt8], to length: Int) -> [UInt8] {
        bytes.enumerated().map { index, byte in
            let kept = min(max(length - 8 * index, 0), 8)
            return byte & ~UInt8(truncatingIfNeeded: 0xFF >> kept)
        }
    }
}

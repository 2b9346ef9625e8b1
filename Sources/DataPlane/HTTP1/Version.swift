/// `HTTP/1.0` and `HTTP/1.1` (RFC 9112, section 2.3).
enum Version {
    /// The bytes of `HTTP/1.1`, the first one lowest.
    static let literal11: UInt64 = 0x312E_312F_5054_5448
    private static let name: UInt64 = 0x2F_5054_5448

    /// Parses the eight bytes at `start`.
    ///
    /// - Returns: The minor version, or nil when they are not all there yet.
    /// - Throws: `malformed` as soon as a byte does not fit, or that the major version is not 1.
    static func parse(_ bytes: RawSpan, at start: Int, malformed: HTTP1Error) throws(HTTP1Error) -> UInt8? {
        for index in 0..<8 {
            guard start + index < bytes.byteCount else { return nil }
            let byte = bytes.byte(start + index)
            let isExpected =
                switch index {
                case 0..<5: byte == UInt8(truncatingIfNeeded: name >> (8 * UInt64(index)))
                case 6: byte == UInt8(ascii: ".")
                default: byte.isDigit
                }
            guard isExpected else { throw malformed }
        }
        guard bytes.byte(start + 5) == UInt8(ascii: "1") else { throw .unsupportedVersion }
        return bytes.byte(start + 7) &- 0x30
    }
}

/// Names of protocols that a client may switch to (RFC 9110, section 7.8).
package enum UpgradeProtocol {
    /// A set of them is a word of 32 bits on the hot path.
    package static let namesMax = 32
    /// Bytes of one name; each may be added to a request's head.
    package static let nameBytesMax = 64

    // HTTP/2 in the open would carry requests past every check of this proxy, and TLS what nobody can check.
    private static let neverPassed: Set<Substring> = ["h2c", "h2", "http", "https", "tls"]

    /// Reads `name` or `name/version`, both tokens; throws what is wrong, in words.
    ///
    /// - Returns: The name in small letters, since names are compared in any case.
    package static func name(_ text: String) throws(SettingFault) -> String {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isToken) }),
            text.utf8.count <= nameBytesMax
        else { throw SettingFault("must be the name of a protocol such as websocket, not \"\(text)\"") }
        let name = text.lowercased()
        guard !neverPassed.contains(name.prefix { $0 != "/" }) else {
            throw SettingFault("must not be \(text): it is never passed on")
        }
        return name
    }

    // RFC 9110, section 5.6.2.
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}

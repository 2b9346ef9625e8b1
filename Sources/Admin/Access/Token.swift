package import Control

/// A bearer token (RFC 6750): whoever shows it may do what it is for.
///
/// It is never shown: not by printing it, not by a debugger's mirror, not in the words of a fault.
package struct Token: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    // Shorter ones can be guessed: 16 letters and digits are more than 80 bits.
    private static let bytesMin = 16
    // Longer ones are no tokens of ours, and a head has bounded memory.
    private static let bytesMax = 512

    private let bytes: [UInt8]

    /// The token that `text` is.
    ///
    /// - Throws: That it is too short or too long, or has characters that cannot be sent in a header field, without
    ///   repeating it.
    package init(_ text: String) throws(SettingFault) {
        guard (Self.bytesMin...Self.bytesMax).contains(text.utf8.count) else {
            throw SettingFault("a token has \(Self.bytesMin) to \(Self.bytesMax) characters, not \(text.utf8.count)")
        }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw SettingFault("a token is made of visible ASCII characters without spaces")
        }
        bytes = Array(text.utf8)
    }

    /// Whether `presented` is this token. How long that takes tells nothing of the token, not even its length.
    func matches(_ presented: some Collection<UInt8>) -> Bool {
        guard presented.count <= Self.bytesMax else { return false }
        let wanted = Self.padded(bytes)
        let given = Self.padded(presented)
        var difference = bytes.count ^ presented.count
        // Always all of them, without a way out.
        for index in 0..<Self.bytesMax { difference |= Int(wanted[index] ^ given[index]) }
        return difference == 0
    }

    private static func padded(_ bytes: some Collection<UInt8>) -> [UInt8] {
        Array(bytes) + [UInt8](repeating: 0, count: bytesMax - bytes.count)
    }

    package var description: String { "Token" }

    package var customMirror: Mirror { Mirror(self, children: []) }
}

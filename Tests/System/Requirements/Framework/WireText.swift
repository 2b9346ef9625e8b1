/// Latin-1 between text and bytes: one character is one byte, and nothing is lost.
enum WireText {
    /// The bytes of `text`; a character above 0xFF stands for its UTF-8.
    static func bytes(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            if scalar.value < 0x100 {
                bytes.append(UInt8(scalar.value))
            } else {
                bytes.append(contentsOf: Array(String(scalar).utf8))
            }
        }
        return bytes
    }

    /// `bytes` as text.
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: bytes.lazy.map { Unicode.Scalar($0) })
        return String(text)
    }

    /// `bytes` so that a person can read each of them; the middle of much is left out.
    static func escaped(_ bytes: [UInt8], most: Int = 1500) -> String {
        guard bytes.count <= most else {
            let half = most / 2
            let left = escaped(Array(bytes.prefix(half)))
            return "\(left) … \(bytes.count - 2 * half) bytes … \(escaped(Array(bytes.suffix(half))))"
        }
        var text = ""
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\r"): text += "\\r"
            case UInt8(ascii: "\n"): text += "\\n\n      "
            case UInt8(ascii: "\\"): text += "\\\\"
            case 0x20..<0x7F: text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += "\\x" + String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
            }
        }
        return text
    }

    /// Where `wanted` first begins in `bytes`, from `start` on.
    static func first(_ wanted: [UInt8], in bytes: [UInt8], from start: Int = 0) -> Int? {
        guard let lead = wanted.first else { return start }
        return bytes.withUnsafeBufferPointer { bytes in
            var next = start
            while next + wanted.count <= bytes.count {
                if bytes[next] == lead, bytes[next..<(next + wanted.count)].elementsEqual(wanted) { return next }
                next += 1
            }
            return nil
        }
    }

    /// Whether `bytes` contain `text`.
    static func contains(_ text: String, in bytes: [UInt8]) -> Bool { first(self.bytes(text), in: bytes) != nil }
}

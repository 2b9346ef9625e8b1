/// Walks over the receivers that a Via field names (RFC 9110, section 7.6.3):
/// `[protocol-name "/"] protocol-version RWS received-by [RWS comment]`, with commas between.
///
/// Comments may nest and hold commas and quoted pairs. One that never ends is none: else a client could hide the
/// elements that are put behind its own on the same line.
struct ViaElements {
    private var offset: Int
    private let end: Int
    private var hasComments = true

    /// The elements of `value`.
    init(_ value: ByteRange) {
        offset = Int(value.start)
        end = Int(value.end)
    }

    /// Who received the message there; empty in an element that does not say; nil behind the last one.
    mutating func nextReceiver(_ bytes: RawSpan) -> ByteRange? {
        guard offset < end else { return nil }
        skipBlanks(bytes)
        _ = word(bytes)
        skipBlanks(bytes)
        let receiver = word(bytes)
        while offset < end, bytes.byte(offset) != UInt8(ascii: ",") {
            if bytes.byte(offset) == UInt8(ascii: "("), hasComments, skipsComment(bytes) { continue }
            offset &+= 1
        }
        offset &+= 1
        return receiver
    }

    private mutating func skipBlanks(_ bytes: RawSpan) {
        while offset < end, bytes.byte(offset).isBlank { offset &+= 1 }
    }

    /// The bytes up to a blank, a comma or a comment.
    private mutating func word(_ bytes: RawSpan) -> ByteRange {
        let start = offset
        while offset < end {
            let byte = bytes.byte(offset)
            if byte.isBlank || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "(") { break }
            offset &+= 1
        }
        return ByteRange(start, offset)
    }

    /// Goes behind the comment at `offset`; false when it does not end. It is then not searched for again, so that
    /// the work stays proportional to the length.
    private mutating func skipsComment(_ bytes: RawSpan) -> Bool {
        var depth = 0
        var place = offset
        while place < end {
            switch bytes.byte(place) {
            case UInt8(ascii: "("): depth &+= 1
            case UInt8(ascii: ")"): depth &-= 1
            case UInt8(ascii: "\\"): place &+= 1
            default: break
            }
            place &+= 1
            if depth == 0 {
                offset = min(place, end)
                return true
            }
        }
        hasComments = false
        return false
    }
}

extension RequestHead {
    /// Whether some Via field names `name`, in any case, as one that received this request already.
    func viaNames(_ bytes: RawSpan, _ name: [UInt8]) -> Bool {
        guard section.meaning.seen.contains(.via), !name.isEmpty else { return false }
        for index in 0..<section.count where section[index].kind == .via {
            var elements = ViaElements(section[index].value)
            while let receiver = elements.nextReceiver(bytes) {
                if bytes.matches(receiver, name) { return true }
            }
        }
        return false
    }
}

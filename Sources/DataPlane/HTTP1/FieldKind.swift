/// The field names that mean something to a proxy; all others are `other`.
enum FieldKind: UInt8, Sendable, CaseIterable {
    case other
    case connection
    case keepAlive
    case proxyConnection
    case proxyAuthenticate
    case proxyAuthorization
    case te
    case trailer
    case transferEncoding
    case upgrade
    case contentLength
    case host
    case expect
    case via
    case xForwardedFor
    case xForwardedProto
    case xForwardedHost
    case forwarded
    case date
    case maxForwards

    /// Whether a field of this name never goes past one connection (RFC 9110, section 7.6.1).
    ///
    /// The two Proxy- authentication fields go on: a gateway has no credentials of its own, so the next one is meant.
    @inline(__always)
    var isHopByHop: Bool {
        switch self {
        case .connection, .keepAlive, .proxyConnection, .te, .upgrade: true
        default: false
        }
    }

    /// Whether a Connection option may take a field of this name away.
    ///
    /// Framing, routing and the trace of the way here may not be taken away by whoever sends a Connection field.
    var canBeConnectionOption: Bool {
        switch self {
        case .other, .connection, .keepAlive, .proxyConnection, .te, .upgrade, .proxyAuthenticate,
            .proxyAuthorization, .trailer, .date:
            true
        case .transferEncoding, .contentLength, .host, .expect, .via, .xForwardedFor, .xForwardedProto,
            .xForwardedHost, .forwarded, .maxForwards:
            false
        }
    }

    /// Recognizes the name of `count` bytes at `start`, in any case.
    ///
    /// The length chooses, then words of eight bytes are compared, their letters made small: the last word overlaps
    /// the one before it, so that no byte outside the name is looked at. Setting bit 5 makes letters small and is
    /// harmless for the rest, since a name that differs from ours in a byte other than a letter does so afterwards
    /// too: our names have only letters and hyphens, and no other token byte becomes one of those.
    @inline(__always)
    init(_ bytes: RawSpan, at start: Int, count: Int) {
        if count < 8 {
            self = FieldKind(short: bytes.smallWord(start, count: count))
        } else if count <= 19 {
            let first = bytes.word(start) | Word.bit5
            let last = bytes.word(start &+ count &- 8) | Word.bit5
            self = FieldKind(long: count, first, last, bytes, start)
        } else {
            self = .other
        }
    }

    // Names as words, the first byte lowest.
    @inline(__always)
    private init(short name: UInt64) {
        self =
            switch name {
            case 0x6574: .te
            case 0x61_6976: .via
            case 0x7473_6f68: .host
            case 0x6574_6164: .date
            case 0x7463_6570_7865: .expect
            case 0x72_656c_6961_7274: .trailer
            case 0x65_6461_7267_7075: .upgrade
            default: .other
            }
    }

    private init(long count: Int, _ first: UInt64, _ last: UInt64, _ bytes: RawSpan, _ start: Int) {
        self = .other
        switch count {
        case 9: if first == 0x6564_7261_7772_6f66, last == 0x6465_6472_6177_726f { self = .forwarded }
        case 10:
            if first == 0x6974_6365_6e6e_6f63, last == 0x6e6f_6974_6365_6e6e {
                self = .connection
            } else if first == 0x696c_612d_7065_656b, last == 0x6576_696c_612d_7065 {
                self = .keepAlive
            }
        case 12: if first == 0x7772_6f66_2d78_616d, last == 0x7364_7261_7772_6f66 { self = .maxForwards }
        case 14: if first == 0x2d74_6e65_746e_6f63, last == 0x6874_676e_656c_2d74 { self = .contentLength }
        case 15: if first == 0x7261_7772_6f66_2d78, last == 0x726f_662d_6465_6472 { self = .xForwardedFor }
        case 16:
            if first == 0x7261_7772_6f66_2d78, last == 0x7473_6f68_2d64_6564 {
                self = .xForwardedHost
            } else if first == 0x6f63_2d79_786f_7270, last == 0x6e6f_6974_6365_6e6e {
                self = .proxyConnection
            }
        case 17:
            if first == 0x7265_6673_6e61_7274, last == 0x676e_6964_6f63_6e65 {
                self = .transferEncoding
            } else if first == 0x7261_7772_6f66_2d78, last == 0x6f74_6f72_702d_6465 {
                self = .xForwardedProto
            }
        case 18: if first == 0x7561_2d79_786f_7270, last == 0x6574_6163_6974_6e65 { self = .proxyAuthenticate }
        case 19: if first == 0x7561_2d79_786f_7270, last == 0x6e6f_6974_617a_6972 { self = .proxyAuthorization }
        default: break
        }
        // Names above 16 bytes have a gap between the two words.
        if self != .other, count > 16, bytes.word(start &+ 8) | Word.bit5 != middle { self = .other }
    }

    // Bytes 8 to 15 of the names that are longer than 16 bytes.
    private var middle: UInt64 {
        switch self {
        case .transferEncoding: 0x6e69_646f_636e_652d
        case .xForwardedProto: 0x746f_7270_2d64_6564
        case .proxyAuthenticate: 0x6163_6974_6e65_6874
        case .proxyAuthorization: 0x7461_7a69_726f_6874
        default: 0
        }
    }
}

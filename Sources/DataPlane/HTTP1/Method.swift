/// A request's method (RFC 9110, section 9); names are case-sensitive.
enum Method: UInt8, Sendable, CaseIterable {
    case get
    case head
    case post
    case put
    case delete
    case connect
    case options
    case trace
    case patch
    /// A token that none of the others is; `RequestHead.methodRange` has its bytes.
    case other

    /// Whether repeating the request changes nothing more than sending it once (RFC 9110, section 9.2.2).
    var isIdempotent: Bool {
        switch self {
        case .get, .head, .put, .delete, .options, .trace: true
        case .post, .connect, .patch, .other: false
        }
    }

    /// Whether the request only reads (RFC 9110, section 9.2.1).
    var isSafe: Bool {
        switch self {
        case .get, .head, .options, .trace: true
        case .post, .put, .delete, .connect, .patch, .other: false
        }
    }

    /// Recognizes the name that lies at `range` of `bytes`.
    init(_ bytes: RawSpan, _ range: Range<Int>) {
        var name: UInt64 = 0
        guard range.count <= 7 else {
            self = .other
            return
        }
        for offset in range.reversed() { name = name << 8 | UInt64(bytes.byte(offset)) }
        self =
            switch name {  // The name's bytes, the first one lowest.
            case 0x54_4547: .get
            case 0x4441_4548: .head
            case 0x5453_4F50: .post
            case 0x54_5550: .put
            case 0x4554_454C_4544: .delete
            case 0x54_4345_4E4E_4F43: .connect
            case 0x53_4E4F_4954_504F: .options
            case 0x45_4341_5254: .trace
            case 0x48_4354_4150: .patch
            default: .other
            }
    }
}

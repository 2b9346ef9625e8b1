/// One field line of a head.
struct Field: Equatable, Sendable {
    /// The name's bytes, in the case they came in.
    var name: ByteRange
    /// The value's bytes without the blanks around it.
    var value: ByteRange
    /// The offset behind the line's CRLF.
    private var lineEnd: Int32
    var kind: FieldKind
    /// Whether it is meant for this connection only, by its name or by a Connection option (RFC 9110, section 7.6.1).
    ///
    /// `Transfer-Encoding` is not marked: whether it goes on depends on what becomes of the framing.
    var isHopByHop: Bool

    /// The whole line, CRLF included.
    var line: ByteRange { ByteRange(Int(name.start), Int(lineEnd)) }

    /// A place for a field.
    init() { self.init(name: ByteRange(), value: ByteRange(), lineEnd: 0, kind: .other) }

    /// A field whose line ends before `lineEnd`.
    @inline(__always)
    init(name: ByteRange, value: ByteRange, lineEnd: Int, kind: FieldKind) {
        self.name = name
        self.value = value
        self.lineEnd = Int32(truncatingIfNeeded: lineEnd)
        self.kind = kind
        isHopByHop = kind.isHopByHop
    }
}

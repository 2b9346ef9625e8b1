/// The field lines of a head, and what they mean.
///
/// It is filled again and again by one loop, so that its memory is allocated once. The grammar is RFC 9110, section
/// 5.5 and RFC 9112, section 5, with nothing of what a lenient recipient may accept.
struct FieldSection {
    /// Room for fields, kept from head to head; the first `count` are those of this one.
    private var storage: [Field]
    private(set) var count = 0
    private(set) var meaning: FieldMeaning
    private let isResponse: Bool

    /// A section without room; the first head makes it.
    init(ofResponse isResponse: Bool) {
        storage = []
        self.isResponse = isResponse
        meaning = FieldMeaning(ofResponse: isResponse)
    }

    /// The field lines in the order they came.
    var fields: ArraySlice<Field> { storage[..<count] }

    /// The field line at `index`, below `count`.
    @inline(__always)
    subscript(index: Int) -> Field { storage[index] }

    /// Parses the lines from `start` on, up to and including the empty one.
    ///
    /// - Returns: The offset behind the empty line, or nil when it is not there yet.
    /// - Throws: What is wrong with the first line that is.
    mutating func parse(_ bytes: RawSpan, from start: Int, maxFields: Int) throws(HTTP1Error) -> Int? {
        if storage.count < maxFields { reserve(maxFields) }
        count = 0
        meaning = FieldMeaning(ofResponse: isResponse)
        guard
            let (last, lines) = try FieldSection.parseLines(
                bytes, from: start, maxFields: maxFields, into: &storage, &meaning),
            let end = try FieldSection.parseEnd(bytes, last)
        else { return nil }
        count = lines
        if meaning.seen.contains(.namedOptions) { markNamedFields(bytes) }
        return end
    }

    /// Parses the lines that have names; returns where the one begins that has none, and how many came before; nil
    /// when it is not there yet.
    private static func parseLines(
        _ bytes: RawSpan, from start: Int, maxFields: Int, into storage: inout [Field], _ meaning: inout FieldMeaning
    ) throws(HTTP1Error) -> (last: Int, lines: Int)? {
        // Borrowed once for all fields, so that the array is not asked at each one whether it is shared.
        var fields = storage.mutableSpan
        var index = 0
        var offset = start
        while offset < bytes.byteCount {
            var kind = FieldKind.other
            let colon: Int
            if let usual = FieldKind.usual(bytes, at: offset) {
                colon = offset &+ usual.size
                kind = usual.kind
            } else {
                if bytes.byte(offset) == .carriageReturn { return (offset, index) }
                colon = bytes.endOfToken(from: offset)
                guard colon < bytes.byteCount else { return nil }
                guard bytes.byte(colon) == UInt8(ascii: ":"), colon > offset else {
                    guard colon == offset else { throw nameError(bytes.byte(colon), .blankBeforeColon) }
                    return (offset, index)
                }
                kind = FieldKind(bytes, at: offset, count: colon &- offset)
            }
            var valueStart = colon &+ 1
            while valueStart < bytes.byteCount, bytes.byte(valueStart).isBlank { valueStart &+= 1 }
            var valueEnd = bytes.endOfValue(from: valueStart)
            guard valueEnd < bytes.byteCount, let next = try behindLineEnd(bytes, valueEnd) else { return nil }
            while valueEnd > valueStart, bytes.byte(valueEnd &- 1).isBlank { valueEnd &-= 1 }
            guard index < maxFields else { throw .tooManyFields }
            let value = ByteRange(valueStart, valueEnd)
            fields[index] = Field(name: ByteRange(offset, colon), value: value, lineEnd: next, kind: kind)
            offset = next
            if kind != .other { try meaning.note(kind, value, at: index, bytes) }
            index &+= 1
        }
        return nil
    }

    /// Makes room for `maxFields` fields, once.
    @inline(never)
    private mutating func reserve(_ maxFields: Int) {
        storage = [Field](repeating: Field(), count: maxFields)
    }

    /// The offset behind the empty line at `offset`; nil when it is not there yet. Throws when it is none.
    private static func parseEnd(_ bytes: RawSpan, _ offset: Int) throws(HTTP1Error) -> Int? {
        guard bytes.byte(offset) == .carriageReturn else { throw nameError(bytes.byte(offset), .obsoleteFolding) }
        return try behindLineEnd(bytes, offset)
    }

    /// Why `byte` may not stand in a name; a blank means `blank`.
    private static func nameError(_ byte: UInt8, _ blank: HTTP1Error) -> HTTP1Error {
        switch byte {
        case .space, .tab: blank
        case .lineFeed: .bareLineFeed
        default: .invalidFieldName
        }
    }

    /// Marks the fields that Connection options name, wherever they stand.
    private mutating func markNamedFields(_ bytes: RawSpan) {
        for connection in fields where connection.kind == .connection {
            var elements = ListElements(connection.value)
            while let option = elements.next(bytes) { markFields(named: option, bytes) }
        }
    }

    private mutating func markFields(named name: ByteRange, _ bytes: RawSpan) {
        for index in 0..<count
        where storage[index].kind.canBeConnectionOption && bytes.areEqual(storage[index].name, name) {
            storage[index].isHopByHop = true
            meaning.seen.insert(.hopByHop)
            // The recipient gets one of ours instead.
            if storage[index].kind == .date { meaning.seen.remove(.date) }
        }
    }

    /// The offset behind the CRLF at `offset`; nil when its second half is not there yet.
    @inline(__always)
    static func behindLineEnd(_ bytes: RawSpan, _ offset: Int) throws(HTTP1Error) -> Int? {
        guard bytes.byte(offset) == .carriageReturn else {
            throw bytes.byte(offset) == .lineFeed ? .bareLineFeed : .controlCharacter
        }
        guard offset &+ 1 < bytes.byteCount else { return nil }
        guard bytes.byte(offset &+ 1) == .lineFeed else { throw .bareCarriageReturn }
        return offset &+ 2
    }
}

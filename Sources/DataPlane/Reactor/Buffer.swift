/// A block of bytes between two ends of a stream: filled at the back, consumed at the front.
///
/// It owns its memory and cannot be copied; it is handed over instead. An empty one that was never filled holds no
/// memory, so that an idle connection costs none.
struct Buffer: ~Copyable {
    private var base: UnsafeMutableRawPointer?
    private(set) var capacity: Int
    private var start = 0
    private var end = 0

    /// A buffer without memory: `room` is zero.
    init() {
        base = nil
        capacity = 0
    }

    /// A buffer of `capacity` bytes of room.
    init(capacity: Int) {
        base = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        self.capacity = capacity
    }

    /// A buffer of memory that someone else allocated, with `capacity` bytes of room.
    init(adopting base: UnsafeMutableRawPointer, capacity: Int) {
        self.base = base
        self.capacity = capacity
    }

    deinit { base?.deallocate() }

    /// Gives its memory away and is one without memory from then on.
    mutating func release() -> UnsafeMutableRawPointer? {
        defer {
            base = nil
            capacity = 0
            removeAll()
        }
        return base
    }

    /// How many bytes wait to be consumed.
    var count: Int { end - start }
    var isEmpty: Bool { end == start }
    /// How many bytes can be appended.
    var room: Int { capacity - end }
    /// Whether it holds memory at all.
    var isAllocated: Bool { base != nil }

    /// The bytes that wait to be consumed.
    var readable: RawSpan {
        @_lifetime(borrow self)
        borrowing get {
            // Safe: start and end stay within the allocation, and the span cannot outlive this borrow.
            let bytes = RawSpan(
                _unsafeStart: base.map { UnsafeRawPointer($0 + start) } ?? Buffer.nothing, byteCount: count)
            return unsafe _overrideLifetime(bytes, borrowing: self)
        }
    }

    /// Lends the bytes that wait as a pointer, for a system call.
    borrowing func withReadable<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        body(UnsafeRawBufferPointer(start: base.map { UnsafeRawPointer($0 + start) }, count: count))
    }

    /// Takes `count` bytes off the front.
    mutating func consume(_ count: Int) {
        precondition(count >= 0 && count <= end - start, "consumed more than there is")
        start += count
        if start == end {
            start = 0
            end = 0
        }
    }

    /// Lends the room at the back; `body` returns how many bytes it filled, or a negative number for none.
    mutating func fill(_ body: (UnsafeMutableRawBufferPointer) -> Int) -> Int {
        guard let base else { return 0 }
        let filled = body(UnsafeMutableRawBufferPointer(start: base + end, count: room))
        precondition(filled <= room, "filled more than there is room for")
        if filled > 0 { end += filled }
        return filled
    }

    /// Moves what waits to the beginning, so that all free bytes are room at the back.
    mutating func compact() {
        guard let base, start > 0 else { return }
        base.copyMemory(from: base + start, byteCount: count)
        end -= start
        start = 0
    }

    /// Moves the bytes of `range`, counted among those that wait, down to `offset`.
    mutating func move(_ range: Range<Int>, to offset: Int) {
        precondition(offset >= 0 && offset <= range.lowerBound && range.upperBound <= count, "moved what is not there")
        guard let base else { return }
        // In bounds by the check above; the two may overlap, which copyMemory allows.
        (base + start + offset).copyMemory(from: base + start + range.lowerBound, byteCount: range.count)
    }

    /// Keeps the first `count` of the bytes that wait and forgets the rest.
    mutating func truncate(to count: Int) {
        precondition(count <= self.count, "kept more than there is")
        end = start + count
    }

    /// Forgets what waits.
    mutating func removeAll() {
        start = 0
        end = 0
    }

    /// Appends `bytes`; there must be room.
    mutating func append(_ bytes: RawSpan) {
        let count = bytes.byteCount
        precondition(count <= room, "appended more than there is room for")
        guard let base, count > 0 else { return }
        bytes.withUnsafeBytes { source in
            if let address = source.baseAddress { (base + end).copyMemory(from: address, byteCount: count) }
        }
        end += count
    }

    /// Appends the UTF-8 bytes of `text`; there must be room.
    mutating func append(_ text: StaticString) {
        let count = text.utf8CodeUnitCount
        precondition(count <= room, "appended more than there is room for")
        guard let base else { return }
        (base + end).copyMemory(from: text.utf8Start, byteCount: count)
        end += count
    }

    /// Appends one byte; there must be room.
    mutating func append(_ byte: UInt8) {
        precondition(room > 0, "appended more than there is room for")
        guard let base else { return }
        (base + end).storeBytes(of: byte, as: UInt8.self)
        end += 1
    }

    /// Moves what waits, and this buffer's memory, into a larger one.
    mutating func grow(to capacity: Int) {
        guard capacity > self.capacity else { return }
        var larger = Buffer(capacity: capacity)
        larger.append(readable)
        self = larger
    }

    // An address for the empty span; never read.
    private static var nothing: UnsafeRawPointer { UnsafeRawPointer(bitPattern: 16).unsafelyUnwrapped }
}

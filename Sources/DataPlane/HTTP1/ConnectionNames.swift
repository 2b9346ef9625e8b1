/// The names that Connection options of a head say are for this connection only, for the trailers behind its body:
/// they must not go on either (RFC 9110, section 7.6.1), and a body is passed through as it is.
///
/// It is a few words and no list, since every body has a reader that would carry the list. Names are kept as sums of
/// 64 bits: a name that only looks like one of them costs its sender the message, and nobody else anything.
struct ConnectionNames: Equatable, Sendable {
    /// As many names are told apart; with more of them no trailer goes on at all.
    static let countMax = 4

    /// The sum of no bytes (FNV-1a, 64 bits).
    static let sumOfNone: UInt64 = 0xCBF2_9CE4_8422_2325

    private var sums = InlineArray<4, UInt64>(repeating: 0)
    private var count = 0

    /// No names.
    init() {}

    /// Whether there are none.
    var isEmpty: Bool { count == 0 }

    /// Adds the name that `range` of `bytes` holds.
    mutating func insert(_ bytes: RawSpan, _ range: ByteRange) {
        var sum = ConnectionNames.sumOfNone
        for offset in range.bounds { ConnectionNames.add(bytes.byte(offset), to: &sum) }
        if count < ConnectionNames.countMax { sums[count] = sum }
        count = min(count + 1, ConnectionNames.countMax + 1)
    }

    /// Whether a trailer whose name has this sum may not go on.
    func contain(_ sum: UInt64) -> Bool {
        guard count <= ConnectionNames.countMax else { return true }
        for index in 0..<count where sums[index] == sum { return true }
        return false
    }

    /// Takes one more byte of a name, in any case, into its sum.
    @inline(__always)
    static func add(_ byte: UInt8, to sum: inout UInt64) {
        sum = (sum ^ UInt64(byte.lowercased)) &* 0x100_0000_01B3
    }

    static func == (one: ConnectionNames, other: ConnectionNames) -> Bool {
        guard one.count == other.count else { return false }
        for index in 0..<min(one.count, countMax) where one.sums[index] != other.sums[index] { return false }
        return true
    }
}

extension FieldSection {
    /// What the Connection options name beside those that every head may have.
    @inline(__always)
    func connectionNames(_ bytes: RawSpan) -> ConnectionNames {
        meaning.seen.contains(.namedOptions) ? collectNames(bytes) : ConnectionNames()
    }

    private func collectNames(_ bytes: RawSpan) -> ConnectionNames {
        var names = ConnectionNames()
        for index in 0..<count where self[index].kind == .connection {
            var elements = ListElements(self[index].value)
            while let option = elements.next(bytes) {
                // Names that mean something to a proxy are no trailers in any case.
                let kind = FieldKind(bytes, at: Int(option.start), count: option.count)
                if option.isEmpty || kind != .other || bytes.matches(option, "close") { continue }
                names.insert(bytes, option)
            }
        }
        return names
    }
}

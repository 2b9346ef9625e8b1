/// How many more proxies may pass a request on (RFC 9110, section 7.6.2); it counts for TRACE and OPTIONS only.
enum MaxForwards: Equatable, Sendable {
    /// There is no limit.
    case absent
    /// The number of the field, `UInt32.max` for one that is higher.
    case count(UInt32)
    /// The field is no number, or is there more than once.
    case invalid
}

extension RequestHead {
    /// What the Max-Forwards field says, whatever the method is.
    func maxForwards(_ bytes: RawSpan) -> MaxForwards {
        guard section.meaning.seen.contains(.maxForwards) else { return .absent }
        var result = MaxForwards.absent
        for index in 0..<section.count where section[index].kind == .maxForwards {
            guard result == .absent, let number = bytes.number(section[index].value) else { return .invalid }
            result = .count(number)
        }
        return result
    }

    /// Whether Max-Forwards counts for this method (RFC 9110, section 7.6.2).
    var heedsMaxForwards: Bool { method == .trace || method == .options }
}

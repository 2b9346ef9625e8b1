/// What the runner has to do for an expectation.
extension Expectation {
    /// The proxy has to close the client's connection before there is anything to see.
    var needsEnd: Bool {
        switch self {
        case .refused, .brokenOff, .cut, .connection(.closed): true
        default: false
        }
    }

    /// The statuses with which the request may be refused.
    var refusalStatuses: [Int]? {
        switch self {
        case .refused(let statuses, _), .brokenOff(let statuses): statuses
        default: nil
        }
    }

    /// One of the choices has this need.
    var mayNeedEnd: Bool {
        if case .anyOf(let choices) = self { choices.joined().contains(where: \.needsEnd) } else { false }
    }

    /// So many answers come.
    var answersNeeded: Int {
        switch self {
        case .answered(_, _, _, _, _, _, let index): index + 1
        default: 0
        }
    }

    /// So many requests reach the upstream.
    var requestsNeeded: Int {
        switch self {
        case .forwarded(_, _, _, _, _, _, let index): index + 1
        case .requests(let count): count
        default: 0
        }
    }

    /// A second request follows the one that is to be refused.
    var isFollowed: Bool {
        switch self {
        case .refused(_, let isFollowed): isFollowed
        case .brokenOff: true
        default: false
        }
    }

    var isForwarded: Bool { if case .forwarded = self { true } else { false } }

    var isAnswered: Bool {
        switch self {
        case .answered, .cut: true
        default: false
        }
    }

    var isBrokenOff: Bool {
        switch self {
        case .brokenOff: true
        case .anyOf(let choices): choices.joined().contains(where: \.isBrokenOff)
        default: false
        }
    }

    var isConnectionReused: Bool { if case .connection(.reused) = self { true } else { false } }

    var isUpstreamClosed: Bool { if case .upstreamSocket(.closed) = self { true } else { false } }
}

extension ClientScript {
    /// The methods of the pieces that begin with one: an answer to HEAD has no body.
    var methods: [String] {
        if let givenMethods { return givenMethods }
        return steps.compactMap { step in
            guard case .send(let text) = step else { return nil }
            let method = text.drop { $0 == "\r\n" }.prefix { $0.isUppercase && $0.isASCII }
            return text.contains(" HTTP/1.") && !method.isEmpty ? String(method) : nil
        }
    }
}

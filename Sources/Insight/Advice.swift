package import Control

/// What the observed traffic says about one setting of an agent.
package struct Advice: Sendable, Equatable {
    /// How sure it is.
    package enum Confidence: String, Sendable, CaseIterable {
        case high
        case medium
        case low
        case none
    }

    /// The setting's name.
    package let setting: String
    package let current: Double
    /// What it should be; nil when nothing is to change, or not enough was seen: the sentence says which.
    package var value: Double?
    package var confidence: Confidence = .none
    package var sentence = ""
    /// The numbers it rests on, by name.
    package var evidence: [String: Double] = [:]

    /// Nothing to say yet.
    init(setting: String, current: Double) {
        self.setting = setting
        self.current = current
    }

    /// All advice for `agent`.
    ///
    /// - Parameter minutes: How its traffic was in each of the last minutes, up to a day; minutes without a figure left
    ///   out.
    package static func all(for agent: AgentSnapshot, minutes: [TrafficMinute]) -> [Advice] {
        [
            freeSocketTimeout(agent), maxSockets(agent, minutes: minutes), maxFreeSockets(agent, minutes: minutes),
        ]
    }
}

/// An agent's traffic of one minute, on average.
package struct TrafficMinute: Sendable, Equatable {
    /// Requests a second.
    package let rate: Double
    /// Requests that waited for a socket.
    package let pending: Double

    /// A minute with these means.
    package init(rate: Double, pending: Double) {
        self.rate = rate
        self.pending = pending
    }
}

import Control

/// All figures at one moment.
struct Sample: Sendable {
    var at: ContinuousClock.Instant
    var agents: [AgentSnapshot]
    var clients: ClientSnapshot

    /// The agent called `name`.
    func agent(_ name: String) -> AgentSnapshot? { agents.first { $0.name == name } }
}

/// The last samples, in order; bounded.
struct SampleRing: Sendable {
    private var samples: [Sample] = []
    private let samplesMax: Int

    /// An empty one that keeps `samplesMax` samples.
    init(samplesMax: Int) { self.samplesMax = samplesMax }

    /// The newest.
    var last: Sample? { samples.last }

    /// Puts one behind the others; the oldest makes room.
    mutating func append(_ sample: Sample) {
        if samples.count == samplesMax { samples.removeFirst() }
        samples.append(sample)
    }

    /// What to compare with `now` for the figures of the last `window`: the newest sample at least that old, or the
    /// oldest one while there is none.
    func baseline(for window: Duration, before now: ContinuousClock.Instant) -> Sample? {
        samples.last { $0.at.duration(to: now) >= window } ?? samples.first
    }
}

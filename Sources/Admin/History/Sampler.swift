import Control
import FoundationEssentials
import Locks
import Synchronization

/// Looks at all figures once a second, remembers the last of them, and tells the event log.
final class Sampler: Sendable {
    private struct State {
        var ring: SampleRing
        /// The newest `sample` event's JSON.
        var json: String?
        /// When each agent last had a fault, so that a lasting one is told once.
        var faults: [String: ContinuousClock.Instant] = [:]
    }

    /// Rates and quantiles outside of events are those of this long.
    static let window: Duration = .seconds(10)
    /// From sample to sample.
    static let period: Duration = .seconds(1)
    /// An agent without a fault for this long is well again: its next one is told.
    static let quiet: Duration = .seconds(10)

    private let control: any ProxyControl
    private let events: EventLog
    private let now: @Sendable () -> ContinuousClock.Instant
    // One more than the window needs, so that the oldest is never younger than the window.
    private let state = Lock(State(ring: SampleRing(samplesMax: 12)))
    /// What is remembered for longer.
    let history = History()

    /// A sampler that has looked once.
    init(control: any ProxyControl, events: EventLog, now: @escaping @Sendable () -> ContinuousClock.Instant) {
        self.control = control
        self.events = events
        self.now = now
        let first = look()
        state.withLock { $0.ring.append(first) }
        remember(first, [])
    }

    /// Takes one sample after the other until the task is cancelled.
    func run() async {
        var next = ContinuousClock.now
        while !Task.isCancelled {
            next += Self.period
            // After a pause of the whole machine there is nothing to catch up with. Whole periods are left out, so that
            // each sample lies in the midst of a second of the history.
            let behind = next.duration(to: .now)
            if behind > .zero { next += Self.period * Int(behind / Self.period + 1) }
            do { try await Task.sleep(until: next, clock: .continuous) } catch { return }
            take()
        }
    }

    /// Takes one sample and appends its event, and one for each agent that began to fail.
    func take() {
        let sample = look()
        let time = Date.now
        let (json, problems, activities) = state.withLock { state in
            let previous = state.ring.last
            let activities = Self.activities(
                in: sample, since: previous, window: state.ring.baseline(for: Self.window, before: sample.at))
            let json = Self.eventJSON(of: sample, since: previous, activities, time: Timestamp.text(time))
            var problems: [String] = []
            for agent in sample.agents {
                let faults = Faults(from: previous?.agent(agent.name)?.figures, to: agent.figures)
                guard !faults.isEmpty else { continue }
                let last = state.faults.updateValue(sample.at, forKey: agent.name)
                if last.map({ $0.duration(to: sample.at) > Self.quiet }) ?? true {
                    problems.append(faults.json(agent: agent.name, time: Timestamp.text(time)))
                }
            }
            state.faults = state.faults.filter { name, _ in sample.agents.contains { $0.name == name } }
            state.ring.append(sample)
            state.json = json
            return (json, problems, activities)
        }
        remember(sample, activities, time)
        for problem in problems { events.append(.problem, json: problem) }
        events.append(.sample, json: json)
    }

    /// The newest sample's JSON, for one who begins to watch.
    func newest() -> String {
        let (json, previous) = state.withLock { ($0.json, $0.ring.last) }
        if let json { return json }
        let sample = look()
        return Self.eventJSON(
            of: sample, since: previous, Self.activities(in: sample, since: previous, window: previous),
            time: Timestamp.now())
    }

    /// What the agent did in the last ten seconds.
    func activity(of agent: AgentSnapshot) -> Activity {
        let now = now()
        guard let earlier = state.withLock({ $0.ring.baseline(for: Self.window, before: now) }) else {
            return Activity()
        }
        return Activity(
            from: earlier.agent(agent.name)?.figures, to: agent.figures, seconds: earlier.at.duration(to: now).seconds)
    }

    /// For each loop the share of the last ten seconds that it was at work, 0 to 1.
    func busyRatios(of clients: ClientSnapshot) -> [Double] {
        let now = now()
        let earlier = state.withLock { $0.ring.baseline(for: Self.window, before: now)?.clients.threads } ?? []
        return clients.threads.enumerated().map { index, thread in
            let before = index < earlier.count ? earlier[index] : (busy: 0, total: 0)
            guard thread.total > before.total, thread.busy >= before.busy else { return 0 }
            return min(1, Double(thread.busy - before.busy) / Double(thread.total - before.total))
        }
    }

    private func look() -> Sample {
        Sample(
            at: now(),
            agents: control.agents().map { agent in
                var agent = agent
                // Nothing here asks for it, and samples are kept.
                agent.figures.reuse = []
                return agent
            }, clients: control.clients())
    }

    /// Puts a sample into the history; `activities` are those of its agents.
    private func remember(_ sample: Sample, _ activities: [Activities], _ time: Date = .now) {
        let entries = sample.agents.enumerated().map { index, agent in
            let activities = index < activities.count ? activities[index] : Activities()
            return History.Entry(agent: agent, latest: activities.latest, longer: activities.longer)
        }
        history.append(entries, at: sample.at, time: time)
    }

    /// What an agent did until a sample.
    private struct Activities {
        /// Since the one before, so that a change of rates shows at once; nil when that had no such agent.
        var latest: Activity?
        /// In the window, for the quantiles, so that an agent with few requests has some.
        var longer = Activity()
    }

    private static func activities(in sample: Sample, since previous: Sample?, window: Sample?) -> [Activities] {
        let seconds = previous.map { $0.at.duration(to: sample.at).seconds } ?? 0
        let windowSeconds = window.map { $0.at.duration(to: sample.at).seconds } ?? 0
        return sample.agents.map { agent in
            Activities(
                latest: previous?.agent(agent.name).map {
                    Activity(from: $0.figures, to: agent.figures, seconds: seconds)
                },
                longer: Activity(
                    from: window?.agent(agent.name)?.figures, to: agent.figures, seconds: windowSeconds))
        }
    }

    private static func eventJSON(
        of sample: Sample, since previous: Sample?, _ activities: [Activities], time: String
    ) -> String {
        let agents = zip(sample.agents, activities).map { agent, activities in
            var members = AgentJSON.figures(agent)
            members["name"] = .string(agent.name)
            members["mode"] = .string(agent.settings.mode.rawValue)
            members["split"] = .integer(UInt64(clamping: agent.settings.split))
            members["state"] = .string(agent.state.rawValue)
            members["maxSockets"] = .integer(UInt64(clamping: agent.settings.maxSockets))
            members["rates"] = (activities.latest ?? Activity()).ratesJSON
            members["latency"] = activities.longer.latencyJSON
            return JSONValue.object(members)
        }
        let seconds = previous.map { $0.at.duration(to: sample.at).seconds } ?? 0
        let requests = sample.clients.requests
        let before = previous?.clients.requests ?? requests
        let rate = seconds >= Activity.secondsMin && requests > before ? Double(requests - before) / seconds : 0
        let json: JSONValue = [
            "time": .string(time),
            "clients": [
                "connections": .integer(sample.clients.connections), "requestsPerSecond": .figure(rate),
            ],
            "agents": .list(agents),
        ]
        return String(decoding: json.encoded(), as: UTF8.self)
    }
}

extension ClientSnapshot {
    /// Answered requests.
    var requests: UInt64 { responses.values.reduce(0, &+) }
}

/// Times as the API writes them.
enum Timestamp {
    /// RFC 3339 in UTC, with milliseconds.
    static func text(_ date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    /// The wall clock's.
    static func now() -> String { text(.now) }
}

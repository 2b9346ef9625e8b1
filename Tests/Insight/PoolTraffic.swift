import Control
import Glibc
import TestSupport

/// A pool of sockets under requests that come at random, second by second without end: what advice is tried on.
struct PoolTraffic {
    /// How the upstream treats idle sockets.
    enum Upstream: Sendable {
        /// Closes them after so many seconds, and up to so many more.
        case timeout(Double, jitter: Double)
        /// Restarts at random, every so many seconds on average, which closes all that are idle.
        case restarts(every: Double)
        /// Closes each at random, at any age alike, after so many seconds on average.
        case random(mean: Double)
    }

    private struct Free {
        let since: Double
        /// When the upstream closes it.
        let end: Double
    }

    var random: SplitMix64
    /// Requests a second.
    let rate: Double
    /// Seconds that a request holds a socket, on average.
    let held: Double
    let freeSocketTimeout: Double
    let upstream: Upstream
    let reuse = SocketReuse()
    private(set) var closedByUpstream: UInt64 = 0
    private var free: [Free] = []
    private var busyUntil: [Double] = []
    private var restart = Double.infinity

    init(seed: UInt64, rate: Double, held: Double, freeSocketTimeout: Double, upstream: Upstream) {
        random = SplitMix64(seed: seed)
        self.rate = rate
        self.held = held
        self.freeSocketTimeout = freeSocketTimeout
        self.upstream = upstream
        if case .restarts(let every) = upstream { restart = random.exponential(every) }
    }

    /// Passes so many seconds.
    mutating func pass(seconds: Double) {
        var now = random.exponential(1 / rate)
        while now < seconds {
            settle(until: now)
            if let socket = free.popLast() {
                reuse.idle.record(nanoseconds: UInt64((now - socket.since) * 1e9))
                reuse.left(free: UInt64(free.count), minute: UInt64(now / 60) + 1)
            }
            busyUntil.append(now + random.exponential(held))
            now += random.exponential(1 / rate)
        }
    }

    /// What an agent of these settings shows of it.
    func agent() -> AgentSnapshot {
        var agent = AgentSnapshot.example()
        agent.settings.freeSocketTimeout = .seconds(freeSocketTimeout)
        agent.figures.reuse = [reuse.read()]
        agent.figures.closed[CloseReason.upstreamClosedIdle.rawValue] = closedByUpstream
        return agent
    }

    private mutating func settle(until now: Double) {
        while restart <= now {
            advance(to: restart, closesAll: true)
            if case .restarts(let every) = upstream { restart += random.exponential(every) }
        }
        advance(to: now, closesAll: false)
    }

    private mutating func advance(to now: Double, closesAll: Bool) {
        for end in busyUntil.filter({ $0 <= now }).sorted() { free.append(Free(since: end, end: deadline(from: end))) }
        busyUntil.removeAll { $0 <= now }
        var kept: [Free] = []
        for socket in free {
            let ours = socket.since + freeSocketTimeout
            if min(ours, socket.end) <= now {
                close(after: min(ours, socket.end) - socket.since, byUpstream: socket.end < ours)
            } else if closesAll {
                close(after: now - socket.since, byUpstream: true)
            } else {
                kept.append(socket)
            }
        }
        free = kept
    }

    private mutating func close(after idle: Double, byUpstream: Bool) {
        let nanoseconds = UInt64(idle * 1e9)
        reuse.idle.record(nanoseconds: nanoseconds)
        guard byUpstream else { return }
        reuse.closedByUpstream(afterNanoseconds: nanoseconds)
        closedByUpstream += 1
    }

    private mutating func deadline(from now: Double) -> Double {
        switch upstream {
        case .timeout(let seconds, let jitter): now + seconds + jitter * random.unit()
        case .restarts: .infinity
        case .random(let mean): now + random.exponential(mean)
        }
    }
}

extension SplitMix64 {
    /// Evenly from 0 up to 1.
    mutating func unit() -> Double { Double(next() >> 11) / Double(1 << 53) }

    /// A time with this mean until something happens that may happen at any moment.
    mutating func exponential(_ mean: Double) -> Double { -mean * log(1 - unit()) }
}

extension AgentSnapshot {
    /// An agent that did nothing.
    static func example() -> AgentSnapshot {
        AgentSnapshot(
            name: "k", settings: AgentSettings(upstream: UpstreamURL(address: .tcp(host: "127.0.0.1", port: 1984))),
            version: 1)
    }
}

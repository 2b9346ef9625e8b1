import Control

@testable import DataPlane

/// The time-outs of a run, over all settings that were ever in force in it: what bounds each wait from both sides.
/// Times are in nanoseconds.
struct Patience {
    /// From the least to the most.
    struct Bounds {
        private(set) var least = UInt64.max
        private(set) var most: UInt64 = 0

        mutating func include(_ duration: Duration) {
            least = min(least, duration.wholeNanoseconds)
            most = max(most, duration.wholeNanoseconds)
        }
    }

    /// What a busy core, several stalls and the coarseness of deadlines may add.
    static let slack: UInt64 = 300_000_000
    /// How long a client that was sent an error is read from.
    static let linger: UInt64 = 2_000_000_000

    private(set) var pending = Bounds()
    private(set) var connect = Bounds()
    private(set) var response = Bounds()
    let head: UInt64
    let body: UInt64
    let idle: UInt64

    init(limits: ClientLimits) {
        head = limits.headTimeout.wholeNanoseconds
        body = limits.bodyTimeout.wholeNanoseconds
        idle = limits.idleTimeout.wholeNanoseconds
    }

    /// These settings come into force.
    mutating func include(_ settings: AgentSettings) {
        pending.include(settings.pendingTimeout)
        connect.include(settings.connectTimeout)
        response.include(settings.timeout)
    }

    /// The longest that a whole request waits for something to happen to it.
    var answer: UInt64 { pending.most + 2 * connect.most + response.most + Self.slack }

    /// The longest that any connection is open while nothing happens to it.
    var connection: UInt64 { answer + head + body + idle + Self.linger }
}

import Synchronization

/// A split of an agent's traffic between its modes, and what came of it: a new one begins whenever the agent's mode,
/// its upstream or its split changes, so that what is compared was measured under the same settings.
package final class Trial: Sendable {
    /// The agent's mode.
    package let mode: AgentMode
    /// How many of a hundred requests go in the other mode.
    package let split: Int
    /// One for each loop, which alone writes it.
    package let recorders: [TrialRecorder]

    /// A trial that has seen nothing yet.
    package init(mode: AgentMode, split: Int, loops: Int) {
        self.mode = mode
        self.split = split
        recorders = (0..<loops).map { _ in TrialRecorder() }
    }

    /// What all loops measured so far; any thread.
    package func read() -> TrialSnapshot {
        var snapshot = TrialSnapshot(mode: mode, split: split)
        for recorder in recorders { snapshot.add(recorder) }
        return snapshot
    }
}

/// What one loop measured of a trial, by mode: index ``AgentMode/index``.
public final class TrialRecorder: Sendable {
    /// From the request's head to the last byte of the response, of requests that an upstream answered whole.
    public let latency = InlineArray<2, FineHistogram> { _ in FineHistogram() }
    /// How long connects took, of sockets opened for these requests.
    public let connect = InlineArray<2, FineHistogram> { _ in FineHistogram() }
    /// Requests that were given a mode.
    public let requests = InlineArray<2, Counter> { _ in Counter() }
    /// Of them, those that met a fault of the upstream's, 5xx answers included.
    public let errors = InlineArray<2, Counter> { _ in Counter() }
    /// Bytes from the upstream.
    public let bytesReceived = InlineArray<2, Counter> { _ in Counter() }
    /// Bytes to the upstream.
    public let bytesSent = InlineArray<2, Counter> { _ in Counter() }

    /// All zero.
    public init() {}
}

/// What was measured of both modes on the same traffic, by mode: index ``AgentMode/index``.
package struct TrialSnapshot: Sendable, Equatable {
    /// The agent's mode.
    package var mode: AgentMode
    /// How many of a hundred requests go in the other mode.
    package var split: Int
    /// From the request's head to the last byte of the response.
    package var latency = [FineHistogramValue(), FineHistogramValue()]
    /// How long connects took; its count is that of sockets opened.
    package var connect = [FineHistogramValue(), FineHistogramValue()]
    package var requests: [UInt64] = [0, 0]
    package var errors: [UInt64] = [0, 0]
    package var bytesReceived: [UInt64] = [0, 0]
    package var bytesSent: [UInt64] = [0, 0]

    /// Nothing measured yet.
    package init(mode: AgentMode, split: Int) {
        self.mode = mode
        self.split = split
    }

    fileprivate mutating func add(_ recorder: TrialRecorder) {
        for index in 0..<2 {
            latency[index] = latency[index] + recorder.latency[index].read()
            connect[index] = connect[index] + recorder.connect[index].read()
            requests[index] &+= recorder.requests[index].value
            errors[index] &+= recorder.errors[index].value
            bytesReceived[index] &+= recorder.bytesReceived[index].value
            bytesSent[index] &+= recorder.bytesSent[index].value
        }
    }
}

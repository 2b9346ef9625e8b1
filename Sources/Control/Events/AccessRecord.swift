/// One request as the access log tells of it, once it is over: answered by the upstream, by the proxy itself, or left
/// by its client.
///
/// The bytes are as they came from the client: whoever writes them down must escape them. When it began is now less
/// ``total``, as the record is handed over at the end.
package struct AccessRecord: Sendable, Equatable {
    /// More bytes than this of a target are not kept.
    package static let targetMax = 2_048
    /// More bytes than this of a method or a host are not kept.
    package static let nameMax = 255
    /// ``termination`` of a request whose answer was sent whole, whoever made it.
    package static let ok = "ok"
    /// ``termination`` of a request whose client left before it had its answer.
    package static let clientGone = "client-gone"

    /// Empty when none was recognized.
    package var method: [UInt8] = []
    /// The target as it was received, up to ``targetMax`` bytes of it.
    package var target: [UInt8] = []
    /// How long the target was.
    package var targetSize = 0
    /// Host and port that were asked for; empty when none were.
    package var host: [UInt8] = []
    /// Of HTTP/1: zero or one.
    package var versionMinor: UInt8 = 1
    /// The client's address as text; empty for a client on a Unix socket.
    package var client: [UInt8] = []
    /// What the client was sent; zero for nothing.
    package var status: UInt16 = 0
    /// Nil when no agent was chosen.
    package var agent: String?
    /// The mode that the request was served in; nil without an agent.
    package var mode: AgentMode?

    /// How long it waited for a socket, in nanoseconds; zero when it had one at once.
    package var waited: UInt64 = 0
    /// How long it took to connect, in nanoseconds; zero on a socket that was connected already.
    package var connect: UInt64 = 0
    /// From the first byte of the request to the head of the final response, in nanoseconds; nil when none came.
    package var firstByte: UInt64?
    /// From the first byte of the request to the end of it all, in nanoseconds.
    package var total: UInt64 = 0

    /// Bytes of this request, its head included; chunk extensions aside.
    package var bytesFromClient: UInt64 = 0
    /// Bytes of its answer, head and interim responses included.
    package var bytesToClient: UInt64 = 0
    /// Bytes that came from the upstream for it.
    package var bytesFromUpstream: UInt64 = 0
    /// Bytes that the upstream was sent for it, those of a repetition included.
    package var bytesToUpstream: UInt64 = 0

    /// The ``SocketSnapshot/id`` of the socket that served it last; nil when it had none.
    package var socket: UInt64?
    /// Whether that socket had served a request before.
    package var isReused = false
    /// Whether it was sent again after it had met a stale socket.
    package var isRetried = false
    /// How it ended: ``ok``, ``clientGone``, or the last part of the `type` of the problem that it met
    /// (`upstream-timeout`, `queue-full`, …), also where an answer was cut short by it.
    package var termination = AccessRecord.ok

    /// A record of nothing.
    package init() {}
}

/// Where the records of requests go. The loops call it from their threads, one call for each request.
package protocol AccessSink: Sendable {
    /// Whether records are wanted now: asked when a request begins, so that one for nobody costs nothing. From any
    /// thread, and cheap.
    var isOn: Bool { get }

    /// Takes the record of a request that is over. It must never block: what it cannot take at once it drops.
    func record(_ record: AccessRecord)
}

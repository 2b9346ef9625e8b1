import Dispatch
import Glibc

/// A server that does exactly what its script says, and keeps what it was sent.
///
/// One thread for each connection, so that a script reads from top to bottom. Counts are exact for the one who
/// connects: a connection counts as open until just before this end closes it.
public final class ScriptedUpstream: Sendable {
    /// What has happened so far.
    public struct Record: Sendable {
        /// Connections that were accepted.
        public var accepted = 0
        /// Connections that are open.
        public var open = 0
        /// The most that were ever open at once.
        public var mostOpen = 0
        /// The requests that were read as a whole, in the order in which they came.
        public var requests: [RawRequest] = []
        /// How many requests came over each connection.
        public var requestsByConnection: [Int: Int] = [:]
        /// Errors of the scripts.
        public var errors: [String] = []
        /// Scripts that wait for ``ScriptedUpstream/release(_:)``.
        public var waiting = 0
        /// How many of those may go on.
        var permits = 0
        var isStopped = false
    }

    /// One connection's script: runs on a thread of its own; when it returns or throws, the connection is closed.
    public typealias Script = @Sendable (UpstreamPeer) throws -> Void

    /// The port on 127.0.0.1.
    public let port: UInt16
    /// What has happened; wait for it to change with `wait(_:until:)`.
    public let record = Watched(Record())
    private let listener: Int32

    /// The URL to write into a configuration.
    public var url: String { "http://127.0.0.1:\(port)" }
    /// The requests so far.
    public var requests: [RawRequest] { record.current.requests }

    /// Listens on a free port.
    ///
    /// - Parameters:
    ///   - port: A port instead, when one is to be taken that was just given up.
    ///   - patience: The longest a script may wait for its peer.
    ///   - receiveBufferBytes: A small socket buffer, to be a slow reader with.
    public init(
        port: UInt16 = 0, patience: Duration = .seconds(20), receiveBufferBytes: Int32? = nil,
        _ script: @escaping Script = ScriptedUpstream.mirror
    ) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw RawClient.Failure.system(call: "socket", code: errno) }
        listener = descriptor
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        if var bytes = receiveBufferBytes {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
        }
        self.port = try Self.bind(descriptor, to: port)
        // The thread does not hold this object, whose end it waits for.
        let record = record
        DispatchQueue(label: "upstream").async { Self.acceptAll(descriptor, script, record, patience) }
    }

    deinit { stop() }

    /// Accepts no more; connections that are open go on until their scripts end.
    public func stop() {
        let wasStopped = record.update { record in
            defer { record.isStopped = true }
            return record.isStopped
        }
        guard !wasStopped else { return }
        // Ends the accept of the other thread, which then closes the descriptor.
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// Lets `count` scripts go on that wait in ``UpstreamPeer/waitForRelease()``, now or later.
    public func release(_ count: Int = 1) { record.update { $0.permits += count } }

    /// Answers each request with 200 and the head and body that it received as the content.
    public static let mirror: Script = { peer in
        while let request = try peer.readRequest() {
            try peer.answer(body: Array(request.head.utf8) + request.body)
        }
    }

    /// Answers each request with the same bytes, whatever it was.
    public static func always(_ bytes: String) -> Script {
        { peer in while try peer.readRequest() != nil { try peer.send(bytes) } }
    }

    /// Answers each request with `bytes` and closes.
    public static func once(_ bytes: String) -> Script {
        { peer in if try peer.readRequest() != nil { try peer.send(bytes) } }
    }

    // MARK: - Steps

    private static func bind(_ descriptor: Int32, to port: UInt16) throws -> UInt16 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            // Every socket address is a sockaddr to the system, which goes by the family and the length.
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(descriptor, $0, size) == 0 && listen(descriptor, 1024) == 0
                    && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard result else {
            let code = errno
            Glibc.close(descriptor)
            throw RawClient.Failure.system(call: "bind", code: code)
        }
        return UInt16(bigEndian: address.sin_port)
    }

    private static func acceptAll(
        _ listener: Int32, _ script: @escaping Script, _ record: Watched<Record>, _ patience: Duration
    ) {
        while true {
            let descriptor = accept(listener, nil, nil)
            if descriptor < 0 {
                if errno == EINTR || errno == ECONNABORTED { continue }
                break
            }
            let index = record.update { record in
                record.accepted += 1
                record.open += 1
                record.mostOpen = max(record.mostOpen, record.open)
                return record.accepted - 1
            }
            DispatchQueue(label: "upstream.connection").async {
                let client = RawClient(descriptor: descriptor, patience: patience)
                serve(client, index, script, record, patience)
            }
        }
        Glibc.close(listener)
    }

    private static func serve(
        _ client: RawClient, _ index: Int, _ script: Script, _ record: Watched<Record>, _ patience: Duration
    ) {
        do {
            try script(UpstreamPeer(client, index: index, record: record, patience: patience))
        } catch {
            record.update { $0.errors.append("connection \(index): \(error)") }
        }
        record.update { $0.open -= 1 }
        client.close()
    }
}

package import Control
import Locks
package import MicroHTTPD
import Synchronization

/// The admin server: REST API, event stream, metrics and status page, on a thread of libmicrohttpd.
///
///     let address = try SocketAddress("127.0.0.1:1986")
///     let admin = try AdminServer(
///         control: proxy, store: store, events: events, address: address, version: "0.1.0", log: { print($0) })
///     admin.start()
///     …
///     await admin.stop()
package final class AdminServer: Sendable {
    /// What is listened on, with the port that was really bound.
    package let address: SocketAddress
    private let daemon: Daemon
    private let guardian: Guardian
    private let sampler: Sampler
    private let api: API
    private let sampling = Lock<Task<Void, Never>?>(nil)

    /// Binds the address and answers requests from now on.
    ///
    /// - Parameters:
    ///   - store: The configuration as a whole, which clients may look at, replace and have read again.
    ///   - events: Where changes, samples and problems are appended; what others append is streamed too.
    ///   - address: A literal address, a name or a Unix socket's path; port 0 takes a free one.
    ///   - socketMode: The mode of a Unix socket's file.
    ///   - access: Who may use it, and what it proves itself with.
    ///   - version: The program's version, as shown.
    ///   - log: Takes one line for each change; called on any thread.
    /// - Throws: What keeps it from listening, in words that name the address.
    package init(
        control: any ProxyControl, store: any ConfigurationStore, events: EventLog, address: SocketAddress,
        socketMode: UInt16 = 0o600, access: AdminAccess = AdminAccess(), version: String,
        log: @escaping @Sendable (String) -> Void
    ) throws(AdminError) {
        let listen: Address =
            switch address {
            case .tcp(let host, let port): .ip(host: host, port: port)
            case .unix(let path): .unix(path: path, mode: UInt32(socketMode))
            }
        let ready = Ready()
        do {
            daemon = try Daemon(Daemon.Settings(address: listen, tls: access.tls)) { request in
                guard let api = ready.api.withLock({ $0 }) else {
                    return Response(status: 503, fields: [("Retry-After", "1")], body: .bytes([]))
                }
                return await api.respond(to: request)
            }
        } catch {
            throw AdminError(description: error.description)
        }
        switch daemon.address {
        case .ip(let host, let port): self.address = .tcp(host: host, port: port)
        case .unix(let path, _): self.address = .unix(path: path)
        }
        sampler = Sampler(control: control, events: events, now: { .now })
        guardian = Guardian(address: self.address, access: access)
        let api = API(
            control: control, store: store, events: events, sampler: sampler, guardian: guardian, version: version,
            instance: String(UInt32.random(in: .min ... .max), radix: 36), log: log)
        self.api = api
        ready.api.withLock { $0 = api }
    }

    /// Whether it speaks TLS.
    package var isTLS: Bool { guardian.identity != nil }

    /// Begins to take a sample each second. Calling it again does nothing.
    package func start() {
        sampling.withLock { task in
            if task == nil { task = Task.detached { [sampler] in await sampler.run() } }
        }
    }

    /// Lets others in from now on, and shows new connections another certificate. Event streams end when the tokens
    /// change, so that their readers have to come in again. Whether there is TLS at all stays as it was at the start.
    ///
    /// - Throws: What of the certificate, key or authorities cannot be used; nothing has changed then.
    package func update(_ access: AdminAccess) throws(TLSIdentity.Fault) {
        var access = access
        if let identity = access.tls, guardian.identity != nil {
            try daemon.use(identity)
        } else {
            access.tls = guardian.identity
        }
        if guardian.update(access) { daemon.endStreams() }
    }

    /// Ends the event streams, lets running requests finish and stops listening. Calling it again does nothing.
    package func stop() async {
        let task = sampling.withLock { $0 }
        task?.cancel()
        await task?.value
        await daemon.stop()
        await api.removals.stop()
    }
}

/// Why the admin server could not start.
package struct AdminError: Error, Sendable, Equatable, CustomStringConvertible {
    /// "127.0.0.1:1986 is in use by another process".
    package let description: String
}

/// The resources, once they know the port that was bound: a request may come sooner.
private final class Ready: Sendable {
    let api = Lock<API?>(nil)
}

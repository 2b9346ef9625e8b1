internal import Glibc

/// An HTTP/1.1 server: libmicrohttpd with an `async` handler.
///
/// The library reads and writes on one thread of its own; each request's handler runs as a task on two threads for
/// handlers, with its connection suspended, so that neither a slow handler nor a slow client holds up another. All these
/// threads are nicer than the rest of the process (nice(2)): a flood of requests takes the processor from each other.
///
///     let daemon = try Daemon(Daemon.Settings(address: .loopback())) { request in
///         Response(status: 200, body: .bytes(Array("hello \(request.path)\n".utf8)))
///     }
///     print(daemon.address)          // 127.0.0.1:43210
///     await daemon.stop()
///
/// A daemon serves until it is stopped, also when nobody holds it any more. Requests whose framing or host is ambiguous
/// (RFC 9112, sections 3.2, 5 and 6) are answered 400 and closed before the handler sees them, and content past
/// `bodyMax` 413.
package final class Daemon: Sendable {
    /// What a daemon is started with.
    package struct Settings: Sendable {
        /// Where to listen.
        package var address: Address
        /// Connections at once. For one more, the one whose client has been waited for longest is closed; when none
        /// is waited for, as all have handlers or streams, the new one is.
        package var connectionsMax: Int
        /// Connections at once from one IP address, so that one client cannot keep the others out; nil for a quarter of
        /// `connectionsMax`. Not applied on loopback and Unix sockets, where all clients have one address.
        package var connectionsPerAddressMax: Int?
        /// What it proves itself with; nil: no TLS.
        package var tls: TLSIdentity?
        /// How long a connection may be silent, between requests or within one; whole seconds, at least one.
        package var idleTimeout: Duration
        /// Bytes of a request's content.
        package var bodyMax: Int
        /// Bytes of content that all requests and responses together may hold (503 past it); streams have bounds of
        /// their own.
        package var contentMax: Int
        /// Bytes a connection has for a request's head, which it shares with the response's (431 and 414 past it).
        package var headMemory: Int

        /// Creates settings with the given values, or these defaults: 512 connections, 30 s, 1 MiB, 64 MiB, 32 KiB.
        package init(
            address: Address, connectionsMax: Int = 512, connectionsPerAddressMax: Int? = nil,
            idleTimeout: Duration = .seconds(30), bodyMax: Int = 1 << 20, contentMax: Int = 64 << 20,
            headMemory: Int = 32 << 10,
            tls: TLSIdentity? = nil
        ) {
            self.address = address
            self.connectionsMax = connectionsMax
            self.connectionsPerAddressMax = connectionsPerAddressMax
            self.idleTimeout = idleTimeout
            self.bodyMax = bodyMax
            self.contentMax = contentMax
            self.headMemory = headMemory
            self.tls = tls
        }
    }

    /// Where the daemon listens, with the port it was given when it asked for 0.
    package let address: Address
    private let core: DaemonCore

    /// Starts a daemon; when it returns, clients can connect. A name in the address is looked up here, which may block.
    ///
    /// Throws when the address cannot be listened on. `handler` is called once for each request, as a task;
    /// what it takes and returns crosses threads.
    package init(
        _ settings: Settings, handler: @escaping @Sendable (Request) async -> Response
    ) throws(DaemonError) {
        // A write to a connection that its client has closed raises SIGPIPE, which ends the process; the library blocks
        // the signal in its own thread only, and the same happens to whoever else writes to a socket or a pipe.
        signal(SIGPIPE, SIG_IGN)
        let socket = try ListeningSocket(settings.address)
        address = socket.address
        do {
            core = try DaemonCore(settings: settings, address: socket.address, handler: handler)
        } catch {
            throw .badIdentity(error)
        }
        try core.start(socket)
    }

    /// Has connections that come from now on see another identity; those that are there keep theirs. Does nothing on a
    /// daemon without TLS.
    package func use(_ identity: TLSIdentity) throws(TLSIdentity.Fault) { try core.use(identity) }

    /// Ends every stream properly, so that its client has to ask again.
    package func endStreams() { core.endStreams() }

    /// Ends streams, lets running handlers finish and their responses leave, closes every connection, and returns when
    /// the library's thread is gone. New connections and requests are refused from the start.
    ///
    /// It waits for handlers as long as they take, and for their clients to read at most a second. Calling it again, or
    /// from several tasks, waits for the same stop. From within a handler it only begins the stop and returns, since
    /// waiting there would be waiting for itself.
    package func stop() async {
        if DaemonCore.current == ObjectIdentifier(core) {
            Task.detached { [core] in await core.stop() }
        } else {
            await core.stop()
        }
    }
}

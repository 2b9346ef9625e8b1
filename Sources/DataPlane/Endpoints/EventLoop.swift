package import Control

/// A loop with a thread of its own, for the ends of HTTP rather than the proxy between them: the benchmark's sleep
/// server and load generator, and the simple requests of the command line.
package actor EventLoop {
    nonisolated let executor: LoopExecutor
    let loop: Loop<SystemKernel>
    private var isEnding = false

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Starts the thread.
    ///
    /// - Throws: What the system lacks for it.
    package init(name: String) throws(SettingFault) {
        do throws(SystemError) {
            let kernel = try SystemKernel()
            executor = LoopExecutor(waker: kernel.waker)
            loop = Loop(kernel: kernel, executor: executor)
        } catch {
            throw SettingFault("no event loop: \(error)")
        }
        LoopThread.start(
            name: name, executor: executor, run: { self.assumeIsolated { $0.run() } })
    }

    /// Serves each client of `address` by a task of this loop that runs `serve`.
    ///
    /// - Returns: The address with the port that was bound.
    /// - Throws: Why it cannot be listened on.
    package func listen(
        on address: SocketAddress, serve: @escaping @Sendable (Connection) async -> Void
    ) throws(SettingFault) -> SocketAddress {
        let bound = try ListenerPlan.bind(address, workers: 1, isShared: false)
        do throws(SystemError) {
            try accept(from: bound.descriptors[0], serve)
        } catch {
            throw SettingFault(error.description)
        }
        return bound.address
    }

    /// Runs `body` in a task of this loop, with a connection that it can connect.
    package func run(_ body: @escaping @Sendable (Connection) async -> Void) {
        start(Connection(loop: loop), body)
    }

    /// Ends the loop and its thread; connections that are open stay so until the process ends.
    package func end() { isEnding = true }

    private func accept(
        from listener: Descriptor, _ serve: @escaping @Sendable (Connection) async -> Void
    ) throws(SystemError) {
        let acceptor = EndpointAcceptor(listener: listener, loop: loop, start: { self.start($0, serve) })
        try loop.listen(listener, acceptor)
    }

    private func run() {
        while !isEnding {
            loop.turn()
            executor.drain()
        }
        loop.kernel.end()
    }

    private func start(_ connection: Connection, _ serve: @escaping @Sendable (Connection) async -> Void) {
        Task.immediate(executorPreference: executor) {
            _ = self.loop
            await serve(connection)
            connection.close()
        }
    }
}

/// Accepts the clients of an ``EventLoop``.
private final class EndpointAcceptor: Acceptor {
    private let listener: Descriptor
    private let loop: Loop<SystemKernel>
    private let start: (Connection) -> Void

    init(listener: Descriptor, loop: Loop<SystemKernel>, start: @escaping (Connection) -> Void) {
        self.listener = listener
        self.loop = loop
        self.start = start
    }

    override func acceptable() -> Bool {
        for _ in 0..<64 {
            let socket: Socket
            do throws(SystemError) {
                socket = Socket(try loop.kernel.accept(from: listener).0, readiness: [.readable, .writable])
            } catch {
                return !error.isExhaustion
            }
            do throws(SystemError) {
                try loop.watch(socket)
            } catch {
                loop.close(socket)
                return false
            }
            start(Connection(loop: loop, accepted: socket))
        }
        return true
    }
}

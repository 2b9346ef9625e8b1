package import Control

/// One end of a connection, served by one task of an ``EventLoop``.
package final class Connection {
    let loop: Loop<SystemKernel>
    let wait = Wait()
    private(set) var socket: Socket?
    private let slot: Deadlines.Slot
    var input = Buffer()

    /// A connection that is not connected, or an accepted one.
    init(loop: Loop<SystemKernel>, accepted: Socket? = nil) {
        self.loop = loop
        slot = loop.addDeadline(for: wait)
        if let accepted { attach(accepted) }
    }

    deinit { loop.removeDeadline(slot) }

    /// Connects to `address`; returns false when that fails or takes longer than `timeout`.
    package func connect(to address: SocketAddress, timeout: Duration) async -> Bool {
        close()
        guard let resolved = try? ResolvedAddress.resolve(address), let socket = try? loop.connect(to: resolved) else {
            return false
        }
        attach(socket)
        socket.readiness = []
        guard (try? loop.watch(socket)) != nil else { return false }
        if !resolved.isUnix { loop.kernel.setNoDelay(socket.descriptor) }
        deadline(after: timeout)
        let reasons = await wait.until([.clientWritable, .deadline])
        if reasons.contains(.deadline) || socket.isBroken { close() }
        return isOpen
    }

    /// Whether it is connected, as far as is known.
    package var isOpen: Bool { socket != nil }

    /// The loop's clock, in nanoseconds: as it was when the loop's turn began.
    package var now: UInt64 { loop.now.nanoseconds }

    /// Sends all of `bytes`; returns false when the peer is gone or takes nothing for `timeout`.
    package func send(_ bytes: [UInt8], timeout: Duration = .seconds(30)) async -> Bool {
        guard let socket else { return false }
        var rest = Buffer(capacity: max(bytes.count, 1))
        rest.append(bytes.span.bytes)
        while !rest.isEmpty {
            switch loop.send(socket, &rest) {
            case .moved(let count):
                if rest.isEmpty { return true }
                if count > 0, socket.isWritable { continue }
                deadline(after: timeout)
                let reasons = await wait.until([.clientWritable, .deadline])
                if reasons.contains(.deadline) { return false }
            case .end, .failed: return false
            }
        }
        return true
    }

    /// Receives more into the input; returns false at the end, on an error, and after `timeout`.
    package func receive(timeout: Duration) async -> Bool {
        guard let socket else { return false }
        makeRoom()
        while true {
            if socket.isReadable {
                switch loop.receive(socket, into: &input) {
                case .moved(0): break
                case .moved: return true
                case .end, .failed: return false
                }
            }
            deadline(after: timeout)
            let reasons = await wait.until([.clientReadable, .deadline])
            if reasons.contains(.deadline), !socket.isReadable { return false }
        }
    }

    /// Waits for so long.
    package func sleep(_ duration: Duration) async {
        deadline(after: duration)
        _ = await wait.until([.deadline])
    }

    /// Ends the connection. Calling it again does nothing.
    package func close() {
        guard let socket else { return }
        self.socket = nil
        wait.first = nil
        loop.close(socket)
        input.removeAll()
        loop.buffers.reclaim(&input)
    }

    func deadline(after duration: Duration) {
        wait.forgetDeadline()
        loop.set(slot, to: loop.now.advanced(by: duration))
    }

    func releaseInput() { loop.buffers.reclaim(&input) }

    private func attach(_ socket: Socket) {
        self.socket = socket
        wait.watch(first: socket)
    }

    private func makeRoom() {
        loop.buffers.provide(&input)
        if input.room < 4096 { input.compact() }
        if input.room == 0 { input.grow(to: input.capacity * 2) }
    }
}

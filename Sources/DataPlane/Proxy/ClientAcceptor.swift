import Control

/// Accepts the proxy's clients on one listener.
final class ClientAcceptor<K: Kernel>: Acceptor {
    // At most this many in one go, so that a flood of clients leaves time for those that are there.
    private static var batchMax: Int { 64 }

    private let descriptor: Descriptor
    private let listener: Int
    private let proxy: ProxyLoop<K>
    // Grows while clients keep coming, so that few accepts find nobody.
    private var batch = 1

    /// An acceptor of `descriptor`, which is the configuration's listener of number `listener`.
    init(_ descriptor: Descriptor, listener: Int, proxy: ProxyLoop<K>) {
        self.descriptor = descriptor
        self.listener = listener
        self.proxy = proxy
    }

    override func acceptRemaining() {
        batch = .max
        _ = acceptable()
    }

    // As ClientConnection.proceed.
    @_specialize(where K == SystemKernel)
    override func acceptable() -> Bool {
        for count in 0..<batch {
            // Past the limit accepting waits, as it does without descriptors.
            guard proxy.hasRoom else { return false }
            let accepted: Descriptor
            let address: ResolvedAddress
            do throws(SystemError) {
                (accepted, address) = try proxy.loop.kernel.accept(from: descriptor)
            } catch {
                batch = max(1, count)
                // Anything else is the fault of the one client, which is gone.
                return !error.isExhaustion
            }
            let client = AcceptedClient(descriptor: accepted, address: address.hostText, listener: listener)
            if proxy.handOver(client) { continue }
            guard proxy.serve(client) else { return false }
        }
        batch = min(max(batch, 1), Self.batchMax / 2) * 2
        return true
    }
}

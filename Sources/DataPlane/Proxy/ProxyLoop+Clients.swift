import Control

/// How clients come to a loop: accepted by it, or handed over by another one.
extension ProxyLoop {
    /// Whether another client may connect.
    var hasRoom: Bool {
        let most = setup.maxConnections
        return most == .max || allClients.reduce(0) { $0 &+ $1.connections } < UInt64(most)
    }

    /// Gives a client that this loop has accepted to another one, if that has clearly less to do.
    ///
    /// A loop that has begun to stop keeps its clients: the others may be done already.
    func handOver(_ client: AcceptedClient) -> Bool {
        guard !isStopping, let other = spread?.other(now: loop.now, load: load(of:)) else { return false }
        allClients[other].sent()
        post(other, .client(client))
        return true
    }

    /// Serves a client that this loop has accepted; returns false when it had to be reset, the kernel having no memory
    /// for it.
    func serve(_ client: AcceptedClient) -> Bool { serve(connection(of: client)) }

    /// Serves a client that another loop has accepted.
    func receive(_ client: AcceptedClient) {
        let connection = connection(of: client)
        // It counts as connected by now, so that in no moment it is counted nowhere.
        clients.arrived()
        _ = serve(connection)
    }

    private func serve(_ connection: ClientConnection<K>) -> Bool {
        connection.accepted()
        // Served first and watched then: what came along with the connection needs no event.
        guard connection.socket.isOpen else { return true }
        // It was on its way when all others were cut.
        if isCut { connection.cut() }
        do throws(SystemError) {
            try loop.watch(connection.socket)
        } catch {
            // Nothing would be heard of it: it would wait for its idle time-out with a request unread.
            connection.cut()
            return false
        }
        return true
    }

    private func load(of number: Int) -> ClientSpread.Load {
        let clients = allClients[number]
        return ClientSpread.Load(
            connections: Int(truncatingIfNeeded: clients.connections), arriving: clients.arriving,
            busyNanoseconds: clients.busyNanoseconds.value)
    }
}

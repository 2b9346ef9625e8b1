import Control

@testable import DataPlane

/// What must hold at every moment, and when all is over.
extension SimulatedDeployment {
    /// The figures of an agent over all loops.
    struct Figures {
        var created: UInt64 = 0
        var closed: UInt64 = 0
        var connecting: UInt64 = 0
        var active: UInt64 = 0
        var free: UInt64 = 0
        var pending: UInt64 = 0
        var retries: UInt64 = 0
    }

    func figures(of ledger: AgentLedger) -> Figures {
        var figures = Figures()
        for counters in ledger.counters {
            figures.created &+= counters.created[0].value &+ counters.created[1].value
            for reason in CloseReason.allCases { figures.closed &+= counters.closed[reason.rawValue].value }
            figures.connecting &+= counters.connecting.value
            figures.active &+= counters.active.value
            figures.free &+= counters.free.value
            figures.pending &+= counters.pending.value
            figures.retries &+= counters.retries.value
        }
        return figures
    }

    /// How many clients the loops count as connected.
    var clientCount: UInt64 { nodes.reduce(0) { $0 &+ $1.clients.connections } }

    /// Holds the books against what the world knows; to be called after each turn.
    func checkBooks(paths: [String: SimulatedPath]) {
        var permits: [String: Int] = [:]
        for agent in incarnations {
            guard let ledger = agent.ledger else { continue }
            let figures = figures(of: ledger)
            let open = figures.connecting &+ figures.active &+ figures.free
            let underWay = UInt64(post.socketsUnderWay[agent.id, default: 0])
            if figures.created &- figures.closed != open &+ underWay {
                world.violate(
                    .books, "\(agent.name): \(figures.created) created, \(figures.closed) closed, \(open) open")
            }
            permits[agent.name, default: 0] += ledger.figures.permits
        }
        var upstreamCount = 0
        for (name, path) in paths {
            upstreamCount += path.open
            if path.open > permits[name, default: 0] {
                world.violate(.books, "\(name): \(path.open) descriptors for \(permits[name, default: 0]) permits")
            }
        }
        if Int(clientCount) != world.openDescriptors - upstreamCount {
            world.violate(
                .books, "\(clientCount) clients, \(world.openDescriptors) descriptors, \(upstreamCount) upstream")
        }
    }

    /// When all loops rest, no request waits while an agent could open a socket for it or has a free one anywhere.
    func checkNobodyStarves() {
        // A raised limit serves nobody before a loop has heard of it.
        guard appliesUnderWay == 0 else { return }
        for agent in incarnations {
            guard let ledger = agent.ledger else { continue }
            let figures = ledger.figures
            guard figures.waiting > 0 else { continue }
            if figures.permits < figures.limit {
                world.violate(
                    .starving,
                    "\(agent.name): \(figures.waiting) wait, \(figures.permits) of \(figures.limit) are out")
            }
            let free = self.figures(of: ledger).free
            if free > 0 {
                world.violate(.starving, "\(agent.name): \(figures.waiting) wait, \(free) sockets are free")
            }
        }
    }

    /// A connection between two requests holds no memory for bytes, and none ever holds more than its share: one that
    /// sends without end must not be kept in memory without end.
    func checkBuffers() {
        connections.removeAll { $0.connection == nil }
        for known in connections {
            guard let connection = known.connection, connection.socket.isOpen else { continue }
            let held =
                connection.input.capacity + connection.output.capacity + connection.request.capacity
                + connection.response.capacity
            // Four blocks, two of which may have grown once for a head at its limit.
            if held > 6 * BufferPool.blockSize { world.violate(.buffers, "a connection holds \(held) bytes") }
            if held > 0, isIdle(connection) { world.violate(.buffers, "an idle connection holds \(held) bytes") }
        }
    }

    private func isIdle(_ connection: ClientConnection<SimulatedKernel>) -> Bool {
        connection.upstream == nil && (connection.exchange.agent == nil || connection.exchange.status != 0)
            && connection.grant == nil && connection.input.isEmpty && connection.output.isEmpty
            && connection.response.isEmpty
            // Its answer has gone to the last byte, but filled the socket: it is still in the midst of sending.
            && connection.socket.isWritable
    }

    /// When all clients have gone and all free sockets had their time, nothing may be left.
    func checkEnd(paths: [String: SimulatedPath]) {
        checkBooks(paths: paths)
        for (number, node) in nodes.enumerated() {
            let count = on(node.worker) { $0.connectionCount }
            if count > 0 { world.violate(.nothingLeft, "loop \(number) still has \(count) connections") }
            let watched = node.kernel.epoll.watchedCount
            if watched > 0 { world.violate(.nothingLeft, "loop \(number) still watches \(watched) sockets") }
        }
        let left = connections.count { $0.connection != nil }
        if left > 0 { world.violate(.nothingLeft, "\(left) connections were never freed") }
        checkAgentsEnd()
        if world.openDescriptors > 0 {
            world.violate(.descriptors, "\(world.openDescriptors) descriptors were never closed")
        }
    }

    // The agents of the configuration have nothing left, and of the others nothing at all is left.
    private func checkAgentsEnd() {
        let present = Set(blueprint.agents.map(\.id))
        for agent in incarnations {
            guard let ledger = agent.ledger else { continue }
            if !present.contains(agent.id) { world.violate(.nothingLeft, "the removed \(agent.name) is still there") }
            let figures = figures(of: ledger)
            if figures.connecting &+ figures.active &+ figures.free &+ figures.pending > 0 {
                world.violate(.nothingLeft, "\(agent.name): gauges stand at \(figures)")
            }
            let (_, permits, waiting) = ledger.figures
            if permits > 0 || waiting > 0 {
                world.violate(.nothingLeft, "\(agent.name): \(permits) permits out, \(waiting) wait")
            }
        }
        for (number, node) in nodes.enumerated() {
            let count = on(node.worker) { $0.proxy.agents.count }
            if count != present.count {
                world.violate(.nothingLeft, "loop \(number) has \(count) agents, not \(present.count)")
            }
        }
    }
}

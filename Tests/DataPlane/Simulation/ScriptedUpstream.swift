/// An agent's upstream: takes connections at several addresses, of which the agent uses one at a time, and answers
/// requests by its manners.
final class ScriptedUpstream {
    let world: SimulatedWorld
    let journal: Journal
    /// The agent's.
    let name: String
    /// One for all addresses: so a connect to one of them never overtakes an end sent to another.
    let path = SimulatedPath()
    let manners: UpstreamManners
    /// The agent's addresses, as its settings may name them.
    let addresses: [ServerAddress]
    /// How long a tunnel may be silent.
    var tunnelTimeout = UInt64.max
    /// How many connections may be open now; nil while nobody knows.
    var limit: (() -> Int)?
    /// Since when the agent has left an address: no connection may be opened there, and none used again.
    private(set) var leftAt: [ServerAddress: UInt64] = [:]
    /// All that it does it does right and at once.
    private(set) var isCalm = false
    private var connections: [ObjectIdentifier: UpstreamConnection] = [:]

    init(
        world: SimulatedWorld, journal: Journal, name: String, manners: UpstreamManners, addresses: [ServerAddress]
    ) {
        self.world = world
        self.journal = journal
        self.name = name
        self.manners = manners
        self.addresses = addresses
        for address in addresses { world.serve(address, Door(self, address)) }
    }

    /// The agent uses `address` now, and by now all loops know it.
    func moved(to address: ServerAddress) {
        for other in addresses where other != address { leftAt[other] = leftAt[other] ?? world.now }
    }

    /// The agent may use any of its addresses: a change is under way.
    func moves() { leftAt = [:] }

    /// From now on it makes no trouble.
    func calmDown() { isCalm = true }

    /// How many are open, as this side sees it: those are not that the proxy has closed, even if nobody looked.
    var open: Int { connections.values.count { !$0.isOver } }

    fileprivate func accepted(_ far: SimulatedEnd, at address: ServerAddress) {
        let connection = UpstreamConnection(self, far, at: address)
        connections[ObjectIdentifier(connection)] = connection
        let open = open
        world.note("accepted", far.number, open)
        if let limit = limit?(), open > limit {
            let numbers = connections.values.filter { !$0.isOver }.map(\.number).sorted()
            world.violate(.socketLimit, "an upstream sees the connections \(numbers), \(limit) may be")
        }
        if leftAt[address] != nil { world.violate(.socketLimit, "a connect to \(address), which the agent has left") }
        far.observer = connection
        connection.changed(far)
    }

    func closed(_ connection: UpstreamConnection) {
        connections[ObjectIdentifier(connection)] = nil
    }

    /// One address of an upstream.
    private final class Door: SimulatedServer {
        private unowned let upstream: ScriptedUpstream
        private let address: ServerAddress

        init(_ upstream: ScriptedUpstream, _ address: ServerAddress) {
            self.upstream = upstream
            self.address = address
        }

        var path: SimulatedPath { upstream.path }

        func accepted(_ far: SimulatedEnd) { upstream.accepted(far, at: address) }
    }
}

/// A client that makes several connections, one after the other.
final class ScriptedClient {
    let world: SimulatedWorld
    let journal: Journal
    let deployment: SimulatedDeployment
    let manners: ClientManners
    let prefixes: [String]
    /// The listener that it connects to; nil for one of chance.
    var listener: Int?
    /// What bounds the waits of this run; nil when clients may wait for a place without bound.
    var patience: () -> Patience? = { nil }
    /// Whether upstreams read what they are sent.
    var upstreamsRead = true
    /// Hears of each request that did not get its upstream's answer.
    var onProblem: ((String) -> Void)?
    private(set) var isDone = false
    private var connection: ScriptedConnection?
    private var left: Int

    init(deployment: SimulatedDeployment, journal: Journal, manners: ClientManners, prefixes: [String]) {
        self.deployment = deployment
        self.journal = journal
        self.manners = manners
        self.prefixes = prefixes
        world = deployment.world
        left = world.pick(1...manners.connectionsMax)
    }

    /// Begins after a while of chance.
    func start() {
        world.after(think()) { [self] in connectNext() }
    }

    /// The present connection has ended.
    func ended() {
        connection = nil
        world.after(think()) { [self] in connectNext() }
    }

    /// The proxy answered a request itself.
    func sawProblem(_ status: String, of id: Int, _ text: String) { onProblem?("\(status) for \(id): \(text)") }

    /// The connection ended before the answer to a request.
    func wasCut(_ id: Int) { onProblem?("request \(id) was cut") }

    func think() -> UInt64 { manners.thinkMax == 0 ? 0 : world.number() % manners.thinkMax }

    private func connectNext() {
        guard left > 0, !deployment.isStopped else {
            isDone = true
            return
        }
        left -= 1
        let connection = ScriptedConnection(self)
        self.connection = connection
        connection.open()
    }
}

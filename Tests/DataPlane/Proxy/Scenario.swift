import Control

@testable import DataPlane

/// A small deployment on a simulated world, for a test that reads from top to bottom: one loop unless said otherwise,
/// one agent, and peers that do exactly what the test says.
final class Scenario {
    let world: SimulatedWorld
    let upstream: ManualUpstream
    let deployment: SimulatedDeployment
    private var others: [String: ManualUpstream] = [:]

    /// - Parameters:
    ///   - seed: What all chance follows from, where a test lets there be any.
    ///   - settings: Changes the agent's settings; the defaults are those of the product, in keep-alive mode.
    ///   - limits: Changes the limits of clients.
    ///   - configuration: Changes the rest.
    ///   - accessLog: Gets the record of each request.
    init(
        seed: UInt64 = 1, loops: Int = 1, _ settings: (inout AgentSettings) -> Void = { _ in },
        limits: (inout ClientLimits) -> Void = { _ in }, configuration change: (inout Configuration) -> Void = { _ in },
        accessLog: (any AccessSink)? = nil
    ) {
        var configuration = Configuration()
        var agent = AgentSettings(upstream: UpstreamURL(address: .tcp(host: "127.0.0.1", port: 9001)))
        settings(&agent)
        configuration.agents = [.init(name: "default", settings: agent)]
        limits(&configuration.client)
        change(&configuration)
        world = SimulatedWorld(seed: seed)
        upstream = ManualUpstream(world)
        world.faults.latencyMax = 0
        world.serve(9001, upstream)
        deployment = SimulatedDeployment(
            world: world, loops: loops, configuration: configuration, accessLog: accessLog)
    }

    deinit { world.end() }

    /// A client that has connected.
    func client() -> ManualClient { ManualClient(deployment) }

    /// A client that has connected to the loop with this number, and stays there.
    func client(ofLoop number: Int) -> ManualClient {
        deployment.keepClients()
        return client(atListener: number)
    }

    /// A client that has connected to this listener, and is served by whichever loop the proxy chooses.
    func client(atListener number: Int) -> ManualClient { ManualClient(deployment, listener: number) }

    /// The upstream of an agent called `name`, which is there or may come, at a port of its own.
    func upstream(of name: String, port: UInt16) -> ManualUpstream {
        let upstream = ManualUpstream(world)
        world.serve(port, upstream)
        others[name] = upstream
        return upstream
    }

    /// Lets all happen that happens without any time passing, but for some microseconds.
    func settle() { pass(.microseconds(50)) }

    /// Lets this much time pass, and all happen that happens in it.
    func pass(_ duration: Duration) { deployment.run(for: duration) }

    /// Virtual time since the beginning.
    var elapsed: Duration { .nanoseconds(Int64(world.now - 1_000_000_000)) }

    /// The agent's counters on the first loop.
    var counters: AgentCounters { counters(ofLoop: 0) }

    func counters(ofLoop number: Int) -> AgentCounters {
        guard let agent = deployment.blueprint["default"] else { preconditionFailure("no agent") }
        return agent.ledger.counters[number]
    }

    /// What is wrong, at the end of a test: all peers leave, time passes, and nothing may be left.
    func finish(_ clients: ManualClient...) -> [String] {
        for client in clients { client.close() }
        var all = others
        all["default"] = upstream
        for connection in all.values.flatMap(\.connections) { connection.close() }
        pass(.seconds(300))
        deployment.checkEnd(paths: all.mapValues(\.path))
        return world.violations
    }
}

/// A peer's end of a connection, driven by a test.
class ManualPeer: EndObserver {
    fileprivate(set) var end: SimulatedEnd?
    /// What came and was not taken yet.
    private(set) var bytes: [UInt8] = []
    /// Whether it takes what comes at once.
    var reads = true {
        didSet { if reads, let end { changed(end) } }
    }

    /// Told when something has come.
    var heard: (() -> Void)?

    /// What came, as text.
    var text: String { String(decoding: bytes, as: UTF8.self) }
    /// The proxy has said that it sends no more, or reset the connection.
    var isEnded: Bool { (end?.hasEnded ?? false) || isReset }
    var isReset: Bool { end?.isReset ?? false }
    /// How many bytes wait in the connection.
    var waiting: Int { end?.readableCount ?? 0 }

    func changed(_ end: SimulatedEnd) {
        guard reads else { return }
        bytes += end.takeAll()
        heard?()
    }

    /// Forgets what came, and returns it.
    @discardableResult
    func take() -> String {
        defer { bytes = [] }
        return text
    }

    /// Sends as much of `text` as there is room for; returns how much that was.
    @discardableResult
    func send(_ text: String) -> Int { send(Array(text.utf8)) }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Int { bytes.withUnsafeBytes { max(0, end?.send($0) ?? 0) } }

    func shutdownWrite() { end?.shutdownWrite() }

    func close() { end?.close() }

    func reset() { end?.reset() }
}

/// A client of a scenario.
final class ManualClient: ManualPeer {
    fileprivate init(_ deployment: SimulatedDeployment, listener: Int? = nil) {
        super.init()
        end = listener.map { deployment.listeners[$0].connect(self) } ?? deployment.connect(self)
    }

    /// The status of the first response that came, 0 for none.
    var status: Int { Int(text.dropFirst(9).prefix(3)) ?? 0 }
}

/// An upstream of a scenario, which only takes connections.
final class ManualUpstream: SimulatedServer {
    let path = SimulatedPath()
    /// Whether new connections take what comes at once.
    var reads = true
    private(set) var connections: [ManualPeer] = []

    fileprivate init(_ world: SimulatedWorld) {}

    /// The connection that was accepted last.
    var last: ManualPeer { connections[connections.count - 1] }

    func accepted(_ far: SimulatedEnd) {
        let peer = ManualPeer()
        peer.end = far
        peer.reads = reads
        far.observer = peer
        connections.append(peer)
        peer.changed(far)
    }
}

extension ManualPeer {
    /// Answers 200 with a body.
    func answer(_ body: String = "ok", _ fields: String = "") {
        send("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)")
    }

    /// Asks for a path, `/` unless it says otherwise, with a method.
    func ask(_ method: String = "GET", _ fields: String = "", body: String = "", path: String = "/") {
        let length = body.isEmpty ? "" : "Content-Length: \(body.utf8.count)\r\n"
        send("\(method) \(path) HTTP/1.1\r\nHost: a\r\n\(fields)\(length)\r\n\(body)")
    }
}

@testable import DataPlane

/// Takes connections that the proxy opens.
protocol SimulatedServer: AnyObject {
    /// The network between the proxy and this server.
    var path: SimulatedPath { get }
    /// A connection is established; `far` is the server's end.
    func accepted(_ far: SimulatedEnd)
}

/// Hears of what happens to a connection's end that is not the proxy's.
protocol EndObserver: AnyObject {
    /// There is something to receive, or room to send, or the connection ended.
    func changed(_ end: SimulatedEnd)
}

/// A listening socket of the proxy.
final class SimulatedListener {
    /// Connected clients that wait.
    var backlog: [SimulatedEnd] = []
    let isUnix: Bool
    private let world: SimulatedWorld

    init(world: SimulatedWorld, isUnix: Bool) {
        self.world = world
        self.isUnix = isUnix
    }

    /// Connects a client; `observer` hears of its end, which is returned.
    func connect(_ observer: any EndObserver) -> SimulatedEnd {
        let (near, far) = SimulatedEnd.pair(world: world, isUnix: isUnix)
        far.observer = observer
        world.after(isUnix ? 0 : world.latency()) { [self] in backlog.append(near) }
        return far
    }
}

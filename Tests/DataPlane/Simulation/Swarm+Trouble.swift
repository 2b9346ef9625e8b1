import Control

@testable import DataPlane

extension Swarm {
    /// Adds every kind of trouble, each by chance.
    mutating func addTrouble(world: SimulatedWorld) {
        func weight(_ values: Int...) -> Int { world.chance(250) ? world.among(values) : 0 }
        addFaults(weight)
        clients.leaves = weight(50, 300)
        clients.leavesAtByte = weight(50, 300)
        clients.stalls = weight(50, 200)
        clients.ignoresEnd = weight(300)
        clients.drips = weight(50)
        clients.halfClosesEarly = weight(50, 200)
        clients.stopsReading = weight(50, 200)
        clients.halfCloses = weight(100, 500)
        clients.lingers = weight(200)
        clients.garbage = weight(50, 200)
        clients.loops = weight(50)
        clients.leavesTunnels = world.chance(500) ? world.among([200, 1000]) : 0
        addUpstreamTrouble(world, weight)
        let isHasty = world.chance(500)
        for index in agents.indices {
            agents[index].settings.timeout = .milliseconds(world.among([50, 500, 2000]))
            agents[index].settings.connectTimeout = .milliseconds(world.among([5, 200]))
            agents[index].settings.pendingTimeout = .milliseconds(world.among(isHasty ? [5, 50] : [200, 5000]))
            agents[index].settings.maxPending = world.among([0, 2, 1024, 1024, 1024])
            agents[index].settings.retry = world.chance(800)
            agents[index].settings.maxFreeSockets = world.among([0, 1, 256, 256])
        }
        limits.headTimeout = .milliseconds(world.among([100, 1000]))
        limits.bodyTimeout = .milliseconds(world.among([100, 1000]))
        limits.idleTimeout = .milliseconds(world.among([5, 200, 2000, 2000]))
        limits.continueTimeout = .milliseconds(world.among([10, 1000]))
        limits.tunnelTimeout = .milliseconds(world.among([500, 2000]))
        connect = world.among([.refuse, .forward, .forward])
        limits.maxConnections = world.chance(200) ? world.pick(1...5) : nil
        limits.maxRequestsPerConnection = world.chance(200) ? world.pick(1...3) : nil
        limits.maxBodySize = world.chance(100) ? 2000 : nil
        changesMax = weight(3, 30)
        stops = 100
        exhaustionsMax = weight(1, 5)
    }

    private mutating func addFaults(_ weight: (Int...) -> Int) {
        faults.shortReceive = weight(50, 500)
        faults.receiveAgain = weight(20, 200)
        faults.shortSend = weight(50, 500)
        faults.sendAgain = weight(20, 200)
        faults.resetOvertakes = weight(500)
        faults.slowConnect = weight(300, 1000)
        faults.refusedConnect = weight(20, 200)
        faults.hangingConnect = weight(20, 200)
        faults.failedConnect = weight(20)
        faults.failedWatch = weight(10)
        faults.abortedAccept = weight(50)
        faults.failedAccept = weight(50)
        faults.stalledLoop = weight(2, 20)
    }

    private mutating func addUpstreamTrouble(_ world: SimulatedWorld, _ weight: (Int...) -> Int) {
        upstreams.never = weight(20, 100)
        upstreams.leaves = weight(20, 200)
        upstreams.leavesReused = world.chance(400) ? world.among([50, 400]) : 0
        upstreams.leavesMidRequest = weight(50, 300)
        upstreams.garbage = weight(20, 100)
        upstreams.truncates = weight(20, 200)
        upstreams.overlong = weight(20, 200)
        upstreams.unasked = weight(100, 500)
        upstreams.early = weight(100, 500)
        upstreams.leavesTunnels = world.chance(500) ? world.among([200, 1000]) : 0
        upstreams.floods = weight(20)
        upstreams.closesAfter = weight(50, 300)
        upstreams.closesIdle = weight(100, 600)
        upstreams.stalls = weight(20, 100)
        upstreams.stopsReading = weight(50)
        upstreams.ignoresEnd = weight(300)
    }
}

import Control

@testable import DataPlane

/// A client, the proxy and an upstream, in a simulated world: whatever the peers do, what comes out on either side is
/// what went in on the other or the proxy's own, all ends in time, and nothing is left.
final class ExchangeFuzz {
    /// More than all time-outs of one exchange together.
    private static let patience = Duration.seconds(60)

    static func run(_ bytes: [UInt8]) throws(Finding) -> String {
        let fuzz = ExchangeFuzz(ExchangeScript(bytes))
        defer { fuzz.end() }
        fuzz.play()
        do throws(Finding) {
            return try fuzz.check()
        } catch {
            throw Finding("\(error)\n\(fuzz.record)")
        }
    }

    private func check() throws(Finding) -> String {
        try checkTime()
        let checks = ExchangeChecks(
            clients: clients, upstreams: upstream.peers, via: script.options.configuration.via)
        let text = try checks.run()
        leave()
        if let violation = world.violations.first { throw Finding(violation) }
        return text
    }

    private let script: ExchangeScript
    private let world: SimulatedWorld
    private let deployment: SimulatedDeployment
    private let upstream = ExchangeUpstream()
    private var clients: [ExchangePeer] = []

    private init(_ script: ExchangeScript) {
        self.script = script
        world = SimulatedWorld(seed: script.options.seed, faults: script.options.faults)
        world.serve(ExchangeOptions.port, upstream)
        deployment = SimulatedDeployment(world: world, loops: 1, configuration: script.options.configuration)
    }

    // MARK: Playing

    private func play() {
        deployment.onStep = { [unowned self] in deployment.checkBooks(paths: ["default": upstream.path]) }
        var isAtOnce = false
        for step in script.steps {
            if !isAtOnce { deployment.run(for: .microseconds(50)) }
            isAtOnce = step.letter == UInt8(ascii: "n")
            if !doForBoth(step) {
                let isUpstream = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(step.letter)
                if isUpstream { newestUpstream.map { act($0, step) } } else { act(client, step) }
            }
        }
        deployment.run(for: .seconds(30))
        for peer in clients + upstream.peers { peer.setReads(true) }
    }

    private var newestUpstream: ExchangePeer? { upstream.peers.last { $0.isOpen } ?? upstream.peers.last }

    private var client: ExchangePeer { clients.last ?? connect() }

    private func connect() -> ExchangePeer {
        // The end needs its observer before the peer is there.
        let relay = Relay()
        let peer = ExchangePeer(deployment.connect(relay))
        peer.end.observer = peer
        clients.append(peer)
        return peer
    }

    private final class Relay: EndObserver {
        func changed(_ end: SimulatedEnd) {}
    }

    // Steps that have no counterpart on the other side; false for all others.
    private func doForBoth(_ step: ExchangeScript.Step) -> Bool {
        switch step.letter {
        case UInt8(ascii: "c"): client.send(step.data)
        case UInt8(ascii: "C"): if clients.count < 4 { connect().send(step.data) } else { client.send(step.data) }
        case UInt8(ascii: "u"): newestUpstream?.send(step.data)
        case UInt8(ascii: "U"): (upstream.peers.first { $0.isOpen } ?? newestUpstream)?.send(step.data)
        case UInt8(ascii: "w"):
            var microseconds = 1
            for _ in 0..<Int(min((step.data.first ?? 0x30) &- 0x30, 6)) { microseconds *= 10 }
            deployment.run(for: .microseconds(microseconds))
        default: return false
        }
        return true
    }

    private func act(_ peer: ExchangePeer, _ step: ExchangeScript.Step) {
        switch step.letter | 0x20 {
        case UInt8(ascii: "h"): peer.shutdownWrite()
        case UInt8(ascii: "x"): peer.close()
        case UInt8(ascii: "r"): peer.reset()
        case UInt8(ascii: "d"): peer.setReads(false)
        case UInt8(ascii: "g"): peer.setReads(true)
        default: break
        }
    }

    // MARK: Ending

    // Peers that do nothing any more are let go of, sooner or later.
    private func checkTime() throws(Finding) {
        deployment.run(for: Self.patience)
        if let violation = world.violations.first { throw Finding(violation) }
        for (number, client) in clients.enumerated() where client.isOpen {
            throw Finding("client \(number) is still connected after \(Self.patience)")
        }
        for (number, peer) in upstream.peers.enumerated() where peer.isOpen {
            throw Finding("upstream connection \(number) is still open after \(Self.patience)")
        }
    }

    private func leave() {
        for peer in clients + upstream.peers { peer.close() }
        deployment.run(for: Self.patience)
        deployment.checkEnd(paths: ["default": upstream.path])
    }

    /// All that went over the wires.
    private var record: String {
        let ends = clients.map { ("client", $0) } + upstream.peers.map { ("upstream", $0) }
        return ends.map { name, peer in
            let end = peer.end.isReset ? "was reset" : peer.end.hasEnded ? "was ended" : "is open"
            return "\(name) sent \(peer.sent.shown)\n    and got \(peer.received.shown)\n    and \(end)"
        }.joined(separator: "\n")
    }

    // So that nothing holds the deployment any longer.
    private func end() {
        deployment.onStep = nil
        world.end()
        deployment.post.workers = []
    }
}

import TestSupport

/// Plays one requirement against a proxy of its own and says what did not hold.
struct RequirementPlay {
    /// The target of the request that the runner sends at the end, as another client: with one thread, what would have
    /// gone upstream before has gone by the time this one is answered.
    static let fenceTarget = "/fence.of.the.requirements"
    /// The target of the request that shows that the client's connection goes on.
    static let againTarget = "/again.of.the.requirements"
    /// Both.
    static let ownTargets: Set = [fenceTarget, againTarget]
    /// Follows a request that is to be refused.
    static let follower = "GET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n"

    let requirement: Requirement
    private let scene: Watched<Scene>
    /// The longest that anything which must happen may take; a peer may fail many, and should not fail for long.
    private let patience = Duration.seconds(ProxyUnderTest.current == .sluice ? 5 : 2)
    private var failures: [String] = []

    /// Plays it; the sentences about what did not hold, and all that was seen.
    static func run(_ requirement: Requirement) throws -> (failures: [String], evidence: Evidence) {
        var play = RequirementPlay(requirement)
        return try play.run()
    }

    private init(_ requirement: Requirement) {
        self.requirement = requirement
        scene = Watched(Scene())
        scene.update { $0.steps = requirement.upstream }
    }

    private mutating func run() throws -> (failures: [String], evidence: Evidence) {
        let upstream = try PlayedUpstream(scene)
        defer { upstream.stop() }
        let proxy = try ProxyUnderTest.current.start(upstream: upstream.port, options: requirement.options)
        let socket = try WireSocket(port: proxy.port)
        let scene = scene
        socket.read {
            let bytes = $0
            scene.update { $0.client += bytes }
        } onEnd: { end in
            scene.update { $0.clientEnd = end }
        }
        let isLeft = playClient(socket)
        if !isLeft { waitForAnswers() }
        if !isLeft { again(socket) }
        waitForUpstream()
        fence(proxy.port)
        socket.close()
        if let ending = proxy.ending() { failures.append("the proxy ended: \(ending)") }

        let evidence = Evidence(scene.current, methods: requirement.client.methods)
        failures += evidence.errors
        for expectation in requirement.seen { failures += expectation.failures(in: evidence) }
        failures += unasked(evidence, isLeft: isLeft)
        return (failures, evidence)
    }

    /// What every case requires without saying so: who asks is answered, and what is forwarded is answered with 200.
    private func unasked(_ evidence: Evidence, isLeft: Bool) -> [String] {
        guard !isLeft, requirement.upstream.isEmpty, requirement.seen.contains(where: \.isForwarded),
            !requirement.seen.contains(where: \.isAnswered)
        else { return [] }
        return Expectation.answered(200).failures(in: evidence)
    }

    // MARK: - Steps

    /// Does the client's steps; true when the client is gone afterwards.
    private mutating func playClient(_ socket: WireSocket) -> Bool {
        let steps = requirement.client.steps
        let lastSend = steps.lastIndex { if case .send = $0 { true } else { false } }
        let isFollowed = requirement.seen.contains(where: \.isFollowed)
        for (index, step) in steps.enumerated() {
            switch step {
            case .send(let text):
                let more = isFollowed && index == lastSend ? Self.follower : ""
                // A proxy that has refused takes no more: what the client received tells.
                socket.send(WireText.bytes(text + more))
            case .wait(let text): wait("the client receives \"\(text)\"") { WireText.contains(text, in: $0.client) }
            case .waitUpstream(let text):
                wait("the upstream receives \"\(text)\"") { scene in
                    scene.connections.contains { WireText.contains(text, in: $0.bytes) }
                }
            case .waitEnd: wait("the client sees the end of its connection") { $0.clientEnd != nil }
            case .waitUpstreamEnd:
                wait("the upstream's first socket is closed") { $0.connections.first?.end != nil }
            case .shutdownWrite: socket.shutdownWrite()
            case .close:
                socket.close()
                return true
            case .reset:
                socket.reset()
                return true
            }
        }
        return false
    }

    private mutating func waitForAnswers() {
        let methods = requirement.client.methods
        if requirement.seen.contains(where: \.needsEnd) {
            let allowed = requirement.seen.lazy.compactMap(\.refusalStatuses).first
            return wait("the proxy closes the client's connection") { scene in
                guard scene.clientEnd == nil, let allowed else { return scene.clientEnd != nil }
                // Another answer than a refusal settles it.
                let answer = Evidence(scene, methods: methods).answers.first { $0.end != nil }
                return answer.map { !allowed.contains($0.status) } ?? false
            }
        }
        let requests = requirement.seen.map(\.requestsNeeded).max() ?? 0
        // Each request has an answer, unless the case says which answers there are: one may be sent twice.
        let answers = requirement.seen.map(\.answersNeeded).max() ?? 0
        let count = answers > 0 ? answers : max(1, requests)
        wait("\(count) answers come") { scene in
            let evidence = Evidence(scene, methods: methods)
            return scene.clientEnd != nil || evidence.answers.filter { $0.end != nil }.count >= count
        }
        wait("\(requests) requests reach the upstream") { scene in
            let evidence = Evidence(scene, methods: methods)
            return scene.clientEnd != nil || evidence.requests.filter { $0.message.end != nil }.count >= requests
        }
        let given = Evidence(scene.current, methods: methods).answers
        // The end follows an answer that says so; and where one of the choices wants it, it comes with an error alone.
        let isAnnounced = given.last?.values("connection") == ["close"]
        let mayNeedEnd = requirement.seen.contains(where: \.mayNeedEnd)
        guard isAnnounced || mayNeedEnd && given.contains(where: { $0.status >= 400 }) else { return }
        scene.wait(patience) { $0.clientEnd != nil }
    }

    /// Sends one more request over the client's connection when it must be usable.
    private mutating func again(_ socket: WireSocket) {
        guard requirement.seen.contains(where: \.isConnectionReused) else { return }
        let methods = requirement.client.methods
        let count = Evidence(scene.current, methods: methods).answers.count
        socket.send(WireText.bytes("GET \(Self.againTarget) HTTP/1.1\r\nHost: a.example\r\n\r\n"))
        wait("one more request is answered over the client's connection") { scene in
            Evidence(scene, methods: methods).answers.filter { $0.end != nil }.count > count
        }
    }

    private mutating func waitForUpstream() {
        if requirement.seen.contains(where: \.isUpstreamClosed) {
            wait("the upstream's socket is closed") { $0.connections.first?.end != nil }
        }
        guard requirement.seen.contains(where: \.isBrokenOff) else { return }
        let methods = requirement.client.methods
        wait("the upstream's socket with half a request is closed") { scene in
            let evidence = Evidence(scene, methods: methods)
            let halves = evidence.requests.filter { $0.message.end == nil }
            return halves.allSatisfy { scene.connections[$0.connection].end != nil }
        }
    }

    /// Asks as another client: it must be served, and orders what came before.
    private mutating func fence(_ port: UInt16) {
        scene.update { $0.isOver = true }
        let answer = Watched<[UInt8]>([])
        guard let socket = try? WireSocket(port: port) else { return failures.append("another client cannot connect") }
        socket.read {
            let bytes = $0
            answer.update { $0 += bytes }
        } onEnd: { _ in
        }
        socket.send(WireText.bytes("GET \(Self.fenceTarget) HTTP/1.1\r\nHost: a.example\r\n\r\n"))
        let isServed = answer.wait(patience) { WireText.contains("\r\n\r\nok", in: $0) }
        if !isServed { failures.append("another client is not served: \(WireText.escaped(answer.current))") }
        socket.close()
    }

    private mutating func wait(_ what: String, until isTrue: (Scene) -> Bool) {
        if !scene.wait(patience, until: isTrue) { failures.append("did not happen: \(what)") }
    }
}

/// Each phase of a connection ends within its time-out, and no time-out comes before its time.
extension ScriptedConnection {
    // The answers that a prompt client waits for.
    func checkTime(of plan: RequestPlan) {
        guard isPrompt, !plan.expects, output.isEmpty, let patience = client.patience() else { return }
        let last = max(lastSent, journal.requests[plan.id].lastActivity)
        if world.now - last > patience.answer {
            violate(.deadlines, "request \(plan.id) waited for \((world.now - last) / 1_000_000) ms")
        }
    }

    /// A time-out that is answered must have passed.
    func checkTooEarly(_ problem: String, of plan: RequestPlan) {
        guard isPrompt, plan.isBodiless, !plan.isGarbage, let patience = client.patience() else { return }
        let waited = world.now - lastSent
        func check(_ label: String, _ bounds: Patience.Bounds, _ what: String) {
            guard problem.contains("problem:\(label)\"") else { return }
            if waited < bounds.least {
                violate(.deadlines, "request \(plan.id): \(what) after \(waited / 1000) us, before its time")
            }
        }
        check("queue-timeout", patience.pending, "no socket")
        check("upstream-connect-timeout", patience.connect, "no connection")
        check("upstream-timeout", patience.response, "no answer")
        if problem.contains("problem:queue-timeout\""), waited > patience.pending.most + Patience.slack {
            violate(.deadlines, "request \(plan.id) waited for a socket for \(waited / 1000) us")
        }
    }

    /// The client has stopped within a request.
    func watchStall() {
        let count = sentOfPlan
        guard let patience = client.patience(), readsAll, next - answered == 1 else { return }
        let plan = plans[next - 1]
        let index = answered
        if count > 0, count < plan.head.count, !plan.isGarbage {
            expect(within: patience.head, "no answer to a head that stopped coming") { [self] in
                answered > index || parser.message != nil
            }
            expect(within: patience.head + Patience.linger, "a connection is open behind half a head") { false }
        } else if count == 0, totalRead == 0 {
            expect(within: patience.idle, "a connection without a request is open") { false }
        }
    }

    /// The first byte of a head has gone out, and others follow so slowly that the head never comes in its time.
    func watchDrips() {
        guard let patience = client.patience(), readsAll else { return }
        let plan = plans[0]
        guard UInt64(plan.head.count) * 30_000_000 > patience.head + 2 * Patience.slack, !plan.isGarbage else { return }
        journal.count("dripping head")
        expect(within: patience.head, "no answer to a head that drips") { [self] in answered > 0 }
    }

    /// A request goes out: it reaches an upstream, or is answered, when the time for a socket is over.
    func watchWaiting(_ plan: RequestPlan) {
        guard isPrompt, manners.leaves == 0, plan.answerer == .upstream, let patience = client.patience() else {
            return
        }
        let time = patience.pending.most + 2 * patience.connect.most
        world.after(time + Patience.slack) { [self] in
            guard isOpen, !hasHeardEnd, let now = client.patience(), answered < plans.count,
                plans[answered].id == plan.id,
                journal.requests[plan.id].attempts.isEmpty, parser.message == nil, client.upstreamsRead
            else { return }
            // The time-outs may have been raised meanwhile.
            guard now.pending.most + 2 * now.connect.most <= time else { return }
            violate(.deadlines, "request \(plan.id) still waits for a socket after \(time / 1_000_000) ms")
        }
    }

    /// An answer that an upstream cut is cut here too, and at once.
    func checkCutTime(of plan: RequestPlan) {
        guard isPrompt, answered < plans.count, client.patience() != nil, let cut = journal.requests[plan.id].cutAt,
            journal.requests[plan.id].attempts.count == 1, world.now > cut + Patience.slack
        else { return }
        violate(.visibleCut, "request \(plan.id) was cut \((world.now - cut) / 1_000_000) ms after its answer")
    }

    /// The proxy has said that it sends no more: it does not wait for this end without bound.
    func watchEnd() {
        journal.count("client ignores an end")
        world.after(Patience.linger + Patience.slack) { [self] in
            guard isOpen else { return }
            if end?.isPeerClosed == false { world.violate(.deadlines, "the proxy waits for a client that stays") }
            leave(reset: false)
        }
    }

    /// The last request was answered, and the client stays.
    func watchIdle() {
        guard let patience = client.patience(), hasSentAll else { return }
        expect(within: patience.idle, "an idle connection is open") { false }
    }

    /// The last answer has said that it is the last.
    func watchClosing() {
        guard client.patience() != nil else { return }
        expect(within: Patience.linger, "a connection is open behind its last answer") { false }
    }

    private func expect(within time: UInt64, _ what: String, unless isFine: @escaping () -> Bool) {
        world.after(time + Patience.slack) { [self] in
            if isOpen, tunnel == nil, !hasHeardEnd, !isFine() { violate(.deadlines, what) }
        }
    }

    /// Looks now and then whether the connection has been silent for longer than any time-out lets it be.
    func watchForSilence(after delay: UInt64? = nil) {
        guard let most = client.patience()?.connection else { return }
        world.after(delay ?? most) { [self] in
            // Who connects to a proxy that stops may never be accepted.
            guard isOpen, tunnel == nil, !hasHeardEnd, !client.deployment.isStopped,
                let most = client.patience()?.connection
            else {
                return
            }
            let id = plans[min(answered, plans.count - 1)].id
            let silence = world.now - max(lastChange, journal.requests[id].lastActivity)
            if silence >= most { return violate(.deadlines, "nothing happened for \(silence / 1_000_000) ms") }
            watchForSilence(after: most - silence)
        }
    }
}

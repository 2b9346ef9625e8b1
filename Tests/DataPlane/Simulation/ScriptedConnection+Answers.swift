/// What a client makes of the answers: each is held against its request and against what an upstream sent.
extension ScriptedConnection {
    /// Reads on in what has come.
    func parse() {
        while isOpen, answered < plans.count, !isUnreadable, !isClosing {
            let plan = plans[answered]
            _ = parser.readHead(isBodiless: plan.method == "HEAD", isConnect: plan.isConnect)
            if let fault = parser.fault { return violate(.wellFormed, "a malformed answer: \(fault)") }
            guard let message = parser.message else { return }
            if plan.tunnelWords != nil, message.second == "101" || plan.isConnect && message.second.hasPrefix("2") {
                return openTunnel(message)
            }
            if message.second.hasPrefix("1") {
                checkInterim(message)
                _ = parser.next()
                sendHeldBody()
                continue
            }
            _ = parser.readBody()
            if let fault = parser.fault { return violate(.wellFormed, "a malformed body: \(fault)") }
            guard finishAnswer() else { return }
        }
        if parser.waiting > 0, isOpen, !isUnreadable {
            let bytes = parser.rest.suffix(parser.waiting).prefix(60)
            violate(.silence, "bytes that belong to no request: \(String(decoding: bytes, as: UTF8.self))")
        }
    }

    /// Takes an answer that is whole; returns whether it was.
    @discardableResult
    func finishAnswer() -> Bool {
        guard let message = parser.message, message.isComplete, answered < next else {
            if parser.message?.isComplete ?? false { violate(.ownAnswer, "an answer before its request") }
            return false
        }
        _ = parser.next()
        let plan = plans[answered]
        check(message, of: plan)
        let isLast = message.value("connection") == "close" || plan.saysClose
        answered += 1
        continues = 0
        guard isOpen else { return true }
        if isLast {
            isClosing = true
            watchClosing()
        }
        if plan.method == "HEAD", message.second == "408" || plan.isGarbage { isUnreadable = true }
        if plan.isGarbage {
            if message.second.first != "4", message.second != "501", message.second != "505" {
                violate(.refused, "a malformed request got \(message.second)")
            }
            if !isLast { violate(.refused, "a connection goes on behind a malformed request") }
        }
        if answered < plans.count, !isLast {
            isThinking = true
            world.after(client.think()) { [self] in
                isThinking = false
                pump()
            }
        } else if !isLast {
            if world.chance(manners.lingers) { watchIdle() } else { leave(reset: world.chance(100)) }
        }
        return true
    }

    private func openTunnel(_ message: MessageParser.Message) {
        let plan = plans[answered]
        check(message, of: plan)
        guard isOpen, let end, let pair = journal.tunnels[plan.id], answered == next - 1 else {
            return violate(.tunnels, "a tunnel that no upstream opened")
        }
        if !plan.isConnect, message.value("upgrade")?.lowercased() != "websocket" {
            violate(.tunnels, "a switch to \(message.value("upgrade") ?? "nothing")")
        }
        answered += 1
        _ = parser.next()
        var finish: TunnelSide.Finish = world.among([.halfCloses, .halfCloses, .closes])
        if world.chance(manners.leavesTunnels) { finish = world.among([.resets, .stays]) }
        let side = TunnelSide(
            pair, end, isClient: true,
            words: TunnelSide.words(of: plan.id, isClient: true, count: plan.tunnelWords ?? 0), early: 0,
            finish: finish, isSlow: world.chance(manners.readsSlowly)
        ) { [self] in leave(reset: $0) }
        tunnel = side
        side.hear(parser.takeRest())
        side.changed()
    }

    private func checkInterim(_ message: MessageParser.Message) {
        let plan = plans[answered]
        if plan.isOld { violate(.wellFormed, "an interim answer to HTTP/1.0") }
        if answered >= next { violate(.ownAnswer, "an interim answer before its request") }
        if let id = message.value("x-id"), id != "\(plan.id)" {
            violate(.ownAnswer, "request \(plan.id) got an interim answer of \(id)")
        }
        journal.count(message.second)
        // One that says it sends no more is asked for a sign of life in this way.
        guard message.second == "100", end?.hasSentEnd == false else { return }
        continues += 1
        let most = max(journal.requests[plan.id].continues, plan.expects ? 1 : 0)
        if continues > most { violate(.ownAnswer, "request \(plan.id) was told to continue \(continues) times") }
    }

    private func check(_ message: MessageParser.Message, of plan: RequestPlan) {
        world.note("answer", plan.id, message.body.count)
        checkTime(of: plan)
        if plan.isOld, message.framing == .chunked { violate(.wellFormed, "a chunked answer to HTTP/1.0") }
        if message.value("x-unasked") != nil {
            // The upstream holds the time against the rules.
            return journal.count("unasked answer was taken")
        }
        guard let id = message.value("x-id") else { return checkOwnAnswer(message, of: plan) }
        guard id == "\(plan.id)", let number = message.value("x-attempt").flatMap({ Int($0) }),
            journal.requests[plan.id].attempts.indices.contains(number)
        else { return violate(.ownAnswer, "request \(plan.id) got the answer of \(id)") }
        let attempt = journal.requests[plan.id].attempts[number]
        // A Unix socket has no reset, so that a body until close can end in one way only.
        if attempt.endsAnywhere || message.framing == .untilClose && end?.isUnix ?? false {
            let expected = Journal.content(of: plan.id, attempt: number, count: message.body.count)
            if message.body != expected { violate(.ownAnswer, "answer \(plan.id) is another's") }
            journal.whole += 1
            return journal.count("answer whose end may be a cut")
        }
        if !attempt.mayComplete { violate(.visibleCut, "a cut answer to request \(plan.id) looks whole") }
        if plan.answerer != .upstream { violate(.refused, "request \(plan.id) was answered by an upstream") }
        if attempt.opensTunnel, plan.tunnelWords == nil { violate(.tunnels, "an unasked tunnel for \(plan.id)") }
        if message.second != "\(attempt.status)" {
            violate(.ownAnswer, "status \(message.second), not \(attempt.status)")
        }
        let expected = Journal.content(of: plan.id, attempt: number, count: attempt.bodyCount)
        if message.body != expected {
            violate(.ownAnswer, "answer \(plan.id) has \(message.body.count) bytes, not the \(expected.count) sent")
        }
        let trailers = attempt.hasTrailers && message.framing == .chunked ? ["X-Sum: \(plan.id)"] : []
        if message.trailers != trailers { violate(.ownAnswer, "trailers \(message.trailers) of answer \(plan.id)") }
        if !trailers.isEmpty { journal.count("trailers") }
        journal.whole += 1
    }

    // The proxy's own answers: of a last hop, or problems.
    private func checkOwnAnswer(_ message: MessageParser.Message, of plan: RequestPlan) {
        if message.value("proxy-status")?.hasPrefix("sluice; error=") != true {
            violate(.wellFormed, "an answer without Proxy-Status: \(message.second)")
        }
        guard message.second == "200" else {
            if plan.answerer == .lastHop, message.second.first != "4", message.second.first != "5" {
                violate(.refused, "\(message.second) of a last hop")
            }
            if plan.answerer == .loop, message.second != "508", message.second.first != "4" {
                violate(.refused, "\(message.second) to a request that was here before")
            }
            return checkProblem(message, of: plan)
        }
        guard plan.answerer == .lastHop else { return violate(.ownAnswer, "a 200 of the proxy to \(plan.id)") }
        journal.whole += 1
        journal.count("\(plan.method) at its last hop")
        let sent = String(decoding: plan.head, as: UTF8.self).replacing("Authorization: secret\r\n", with: "")
        let expected = plan.method == "TRACE" ? sent : ""
        if String(decoding: message.body, as: UTF8.self) != expected {
            violate(.ownAnswer, "the echo of \(plan.id): \(message.body.count) bytes, not \(expected.utf8.count)")
        }
    }

    private func checkProblem(_ message: MessageParser.Message, of plan: RequestPlan) {
        journal.problems += 1
        journal.count(message.second)
        let text = String(decoding: message.body, as: UTF8.self)
        let isProblem =
            message.value("content-type") == "application/problem+json" && message.value("date") != nil
            && (plan.method == "HEAD"
                || text.hasPrefix("{\"type\":\"urn:sluice:problem:")
                    && text.hasSuffix("}\n") && text.contains("\"status\":\(message.second),"))
        if !isProblem { violate(.wellFormed, "an answer of unknown origin: \(message.second) \(text.prefix(80))") }
        if message.second == "503", message.value("retry-after") == nil {
            violate(.wellFormed, "a 503 without Retry-After")
        }
        checkTooEarly(text, of: plan)
        world.note("problem", Int(message.second) ?? 0, plan.id)
        if isRefusal(message.second, text, of: plan) {
            // Of a request with a body that was not read, the refusal is the connection's last answer.
            journal.refusals += message.value("connection") == "close" ? next - answered : 1
            return
        }
        client.sawProblem(message.second, of: plan.id, text)
    }

    // Whether the operator is the reason, who drained the agent or left no route. The answer to HEAD does not say so.
    private func isRefusal(_ status: String, _ text: String, of plan: RequestPlan) -> Bool {
        let since = journal.requests[plan.id].sentAt
        switch status {
        case "503":
            let mayBe = journal.regimes.mayBeDrained(prefix: plan.prefix, since: since)
            guard plan.method == "HEAD" ? mayBe : text.contains("problem:agent-draining\"") else { return false }
            if !mayBe { violate(.routing, "request \(plan.id) was refused, and its agent not drained") }
            journal.count("agent drained")
            return true
        case "404":
            let mayBe = journal.regimes.mayLackRoute(prefix: plan.prefix, since: since)
            if !mayBe { violate(.routing, "no route for request \(plan.id)") }
            journal.count("no route")
            return true
        default: return false
        }
    }

    /// The connection ended: what came of an answer until then must be the beginning of the right one.
    func cut() {
        let plan = plans[min(answered, plans.count - 1)]
        if answered < plans.count, let message = parser.message,
            let number = message.value("x-attempt").flatMap({ Int($0) }),
            journal.requests[plan.id].attempts.indices.contains(number)
        {
            let attempt = journal.requests[plan.id].attempts[number]
            let expected = Journal.content(of: plan.id, attempt: number, count: message.body.count)
            if message.body != expected || message.value("x-id") != "\(plan.id)" {
                violate(.ownAnswer, "the part of an answer to request \(plan.id) is another's")
            }
            if attempt.mayComplete, attempt.isSound { journal.count("sound answer was cut") }
        }
        journal.cut += max(0, next - answered)
        if parser.message != nil {
            journal.count("cut answer")
            checkCutTime(of: plan)
        }
        if next > answered, !isClosing { client.wasCut(plans[answered].id) }
        // A tunnel may go on behind an end, even if this client has not yet read of it.
        if client.patience() != nil, !plans.contains(where: { $0.tunnelWords != nil }), end?.isBroken == false,
            world.chance(manners.ignoresEnd)
        {
            hasHeardEnd = true
            return watchEnd()
        }
        leave(reset: false)
    }
}

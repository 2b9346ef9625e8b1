/// What a client makes of the answers: each is held against its request and against what an upstream sent.
extension ScriptedConnection {
    /// Reads on in what has come.
    func parse() {
        while isOpen, answered < plans.count, !isUnreadable, !isClosing {
            _ = parser.readHead(isBodiless: plans[answered].method == "HEAD")
            if let fault = parser.fault { return violate(.wellFormed, "a malformed answer: \(fault)") }
            guard let message = parser.message else { return }
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

    private func checkInterim(_ message: MessageParser.Message) {
        let plan = plans[answered]
        if plan.isOld { violate(.wellFormed, "an interim answer to HTTP/1.0") }
        if answered >= next { violate(.ownAnswer, "an interim answer before its request") }
        if let id = message.value("x-id"), id != "\(plan.id)" {
            violate(.ownAnswer, "request \(plan.id) got an interim answer of \(id)")
        }
        journal.count(message.second)
    }

    private func check(_ message: MessageParser.Message, of plan: RequestPlan) {
        world.note("answer", plan.id, message.body.count)
        checkTime(of: plan)
        if plan.isOld, message.framing == .chunked { violate(.wellFormed, "a chunked answer to HTTP/1.0") }
        if message.value("x-unasked") != nil {
            // The upstream holds the time against the rules.
            return journal.count("unasked answer was taken")
        }
        guard let id = message.value("x-id") else { return checkProblem(message, of: plan) }
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
        client.sawProblem(message.second, of: plan.id, text)
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
        if parser.message != nil { journal.count("cut answer") }
        if next > answered, !isClosing { client.wasCut(plans[answered].id) }
        leave(reset: false)
    }
}

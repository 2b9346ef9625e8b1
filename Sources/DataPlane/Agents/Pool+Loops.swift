import Control

/// What a pool does for the requests that wait, on its own loop and on others.
extension Pool {
    /// A request waits on some loop: from now on returned sockets are shown to the ledger, and free ones at once.
    mutating func alerted(now: Instant) {
        isContended = true
        sweep(now: now)
        while isContended, table.freeCount > 0 {
            switch ledger.release(by: loop) {
            case .surplus:
                table[table.oldest].isSurplus = true
                close(table.oldest, .operator, now: now)
            case .waiter(let waiter) where waiter.mode == .normal:
                makeRoom(table.oldest, for: SocketRecord.Heir(loop: waiter.loop, ticket: waiter.ticket), now: now)
            case .waiter(let waiter):
                let index = rules.usesNewest ? table.newest : table.oldest
                activate(index, now: now)
                hand(index, to: waiter, now: now)
            case .idle:
                isContended = false
            }
        }
    }

    /// A socket came from another loop, for a request that waits here or waited. The caller attaches the descriptor
    /// to the returned slot, and then runs the actions: the grant, or what becomes of it otherwise.
    mutating func arrived(_ handover: Handover, now: Instant) -> SocketID {
        var record = SocketRecord()
        record.state = .active
        record.mode = handover.mode
        record.serial = handover.serial
        record.createdAt = handover.createdAt
        record.requests = handover.requests
        record.requestsMax = handover.requestsMax
        record.freeTimeout = handover.freeTimeout
        record.expiresAt = rules.expiry(serial: handover.serial, createdAt: handover.createdAt)
        let index = table.insert(record)
        let id = table.id(index)
        counters.active.add()
        let waiter = ledger.claim(handover.ticket, loop: loop)
        if let reason = retirement(index, now: now) {
            // This loop applied a change of the settings that the other had not seen yet.
            close(index, reason, now: now)
            if let waiter { serveOtherwise(waiter, now: now) }
        } else if let waiter {
            hand(index, to: waiter, now: now)
        } else {
            release(index, now: now)
        }
        return id
    }

    /// A permit came from another loop, for a request that waits here or waited.
    mutating func permitArrived(_ ticket: Ticket, now: Instant) {
        if let waiter = ledger.claim(ticket, loop: loop) {
            grant(waiter, .open(open(waiter.mode, now: now)), now: now)
        } else {
            give(ledger.returnPermit(by: loop, wasSurplus: false), now: now)
        }
    }

    /// Finds the next use of an active socket that is good for one.
    mutating func release(_ index: Int32, now: Instant) {
        guard isContended else { return keep(index, now: now) }
        switch ledger.release(by: loop) {
        case .surplus:
            table[index].isSurplus = true
            close(index, .operator, now: now)
        case .waiter(let waiter) where waiter.mode == .normal:
            makeRoom(index, for: SocketRecord.Heir(loop: waiter.loop, ticket: waiter.ticket), now: now)
        case .waiter(let waiter):
            hand(index, to: waiter, now: now)
        case .idle:
            isContended = false
            keep(index, now: now)
        }
    }

    /// Passes a permit on to the request that the ledger chose, and any further ones to the next.
    mutating func give(_ grantee: LedgerState.Grantee?, now: Instant) {
        var next = grantee
        while let grantee = next {
            if grantee.waiter.loop == loop {
                grant(grantee.waiter, .open(open(grantee.waiter.mode, now: now)), now: now)
            } else {
                actions.append(.sendPermit(loop: grantee.waiter.loop, grantee.waiter.ticket))
            }
            next = grantee.hasMore ? ledger.grantPermit(by: loop) : nil
        }
    }

    /// Closes a socket that is good for more, because a request in `normal` mode needs its permit.
    mutating func makeRoom(_ index: Int32, for heir: SocketRecord.Heir, now: Instant) {
        table[index].heir = heir
        close(index, .modeSwitch, now: now)
    }

    // Gives an active socket to a request of any loop, in `keepalive` mode.
    private mutating func hand(_ index: Int32, to waiter: LedgerState.Waiter, now: Instant) {
        let id = table.id(index)
        if waiter.loop == loop {
            // It was not free in between; what it meets now is not for having been idle.
            table[index].freeSince = .never
            lend(index)
            return grant(waiter, .reuse(id), now: now)
        }
        let handover = Handover(
            loop: waiter.loop, ticket: waiter.ticket, serial: table[index].serial, createdAt: table[index].createdAt,
            requests: table[index].requests, requestsMax: table[index].requestsMax,
            freeTimeout: table[index].freeTimeout, mode: table[index].mode)
        table.remove(index)
        counters.active.subtract()
        actions.append(.handOver(id, handover))
    }

    private mutating func grant(_ waiter: LedgerState.Waiter, _ grant: Grant, now: Instant) {
        counters.pending.subtract()
        counters.waited.record(nanoseconds: now.nanoseconds(since: waiter.since))
        actions.append(.grant(waiter.ticket, grant))
    }

    // What came for this request is of no use: it gets a socket that is free here, or goes back to its place.
    private mutating func serveOtherwise(_ waiter: LedgerState.Waiter, now: Instant) {
        if let index = takeFree(now: now) {
            return grant(waiter, .reuse(table.id(index)), now: now)
        }
        isContended = true
        for other in ledger.requeue(waiter) { actions.append(.alert(loop: other)) }
    }
}

/// Waiting in the midst of an exchange, where the client may leave at any time.
extension ClientConnection {
    // A client that said it sends no more may wait for its answer or be gone: TCP does not tell. After this long it is
    // sent an interim response, which one that is gone answers with a reset (RFC 9110 15.2.1 lets clients ignore it).
    private static var probeAfter: UInt64 { 1_000_000_000 }
    // After so many waits that ended at once, the others of this loop get their turn.
    static var unbrokenMax: Int { BufferPool.blocksPerTurn }

    /// Waits for one of `reasons`, for the client to leave, or until `instant`.
    ///
    /// - Returns: What came, `clientBroken` among it when the client is gone; the caller looks again in any case.
    nonisolated(nonsending) func waitForExchange(_ reasons: Reasons, until instant: Instant) async -> Reasons {
        if unbroken >= Self.unbrokenMax { await yieldToOthers() }
        var wanted = reasons.union([.deadline, .clientBroken])
        if !isHalfClosed {
            wanted.insert(.clientHangUp)
        } else if exchange.probeAt == .never {
            exchange.probeAt = loop.after(Self.probeAfter)
        }
        setDeadline(min(instant, exchange.probeAt))
        let came = await until(wanted)
        if socket.isHungUp { return noteHangUp(came) }
        return came
    }

    /// Lets the others of this loop have a turn.
    nonisolated(nonsending) func yieldToOthers() async {
        await loop.nextTurn(self)
    }

    private func noteHangUp(_ came: Reasons) -> Reasons {
        if socket.isBroken { return came.union(.clientBroken) }
        if !isHalfClosed {
            isHalfClosed = true
            exchange.probeAt = loop.after(Self.probeAfter)
        } else if loop.now >= exchange.probeAt {
            exchange.probeAt = loop.after(Self.probeAfter)
            probe()
        }
        return came
    }

    private func probe() {
        guard exchange.clientMinor > 0, exchange.status == 0, output.isEmpty else { return }
        buffers.provide(&output)
        output.append("HTTP/1.1 100 Continue\r\n\r\n")
        _ = loop.send(socket, &output)
        buffers.reclaim(&output)
    }
}

import Control

/// What the access log is told of each request.
extension ClientConnection {
    /// Keeps what the head that was parsed says of the request.
    func noteRequest() { record = AccessRecord(proxy.requestHead, in: input) }

    /// Keeps what can be told of a request whose head came to nothing because of `failure`.
    func noteUnreadRequest(_ failure: ExchangeFailure) {
        exchange.failure = failure
        exchange.bytesFromClient = UInt64(input.count)
        guard let accessLog = proxy.accessLog, accessLog.isOn else { return }
        record = AccessRecord(unread: input)
    }

    /// Hands the record over, the request being done with.
    func tellAccessLog() {
        guard var record, let accessLog = proxy.accessLog else { return }
        self.record = nil
        record.client = address
        record.status = exchange.status
        if let agent = exchange.agent { (record.agent, record.mode) = (agent.name, exchange.mode) }
        record.waited = exchange.waited
        record.connect = exchange.connect
        if exchange.firstByteAt != .never {
            record.firstByte = exchange.firstByteAt.nanoseconds(since: exchange.began)
        }
        // Not the turn's time: a short request may begin and end within one.
        record.total = loop.kernel.now().nanoseconds(since: exchange.began)
        record.bytesFromClient = exchange.bytesFromClient
        record.bytesToClient = exchange.bytesToClient
        record.bytesFromUpstream = exchange.bytesFromUpstream
        record.bytesToUpstream = exchange.bytesToUpstream
        record.socket = exchange.serial
        record.isReused = exchange.isReused
        record.isRetried = exchange.wasRetried
        if let failure = exchange.failure { record.termination = failure.label.description }
        accessLog.record(record)
    }
}

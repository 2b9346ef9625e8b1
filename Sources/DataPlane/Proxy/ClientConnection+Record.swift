import Control

/// What the access log is told of each request.
extension ClientConnection {
    /// Keeps what the head that was parsed says of the request, if that is wanted.
    func noteRequest(headLength: Int, for accessLog: AccessLog) {
        guard accessLog.sink.isOn else { return }
        let record = OpenRecord(AccessRecord(proxy.requestHead, in: input))
        record.fields.bytesFromClient = UInt64(headLength)
        self.record = record
    }

    /// Keeps what can be told of a request whose head came to nothing because of `failure`.
    func noteUnreadRequest(_ failure: ExchangeFailure) {
        guard let accessLog = proxy.accessLog, accessLog.sink.isOn else { return }
        let record = OpenRecord(AccessRecord(unread: input))
        record.fields.bytesFromClient = UInt64(input.count)
        record.failed(failure)
        self.record = record
    }

    /// Hands the record over, the request being done with.
    func tellAccessLog() {
        guard let record, let accessLog = proxy.accessLog else { return }
        self.record = nil
        record.fields.client = address
        record.fields.status = exchange.status
        if let agent = exchange.agent { (record.fields.agent, record.fields.mode) = (agent.name, exchange.mode) }
        // Not the turn's time: a short request may begin and end within one.
        record.fields.total = loop.kernel.now().nanoseconds(since: exchange.began)
        record.fields.isReused = exchange.isReused
        record.fields.isRetried = exchange.wasRetried
        accessLog.sink.record(record.fields)
    }
}

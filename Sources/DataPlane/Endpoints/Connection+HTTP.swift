/// A request as a server received it.
package struct ReceivedRequest: Sendable {
    package var method: String
    package var target: String
    package var fields: [(name: String, value: String)]
    /// How many bytes the body had, chunk framing not counted.
    package var bodySize: Int
    /// Its first bytes, up to what was asked for.
    package var body: [UInt8]
    /// Whether the client's connection may go on.
    package var keepAlive: Bool
}

/// What a client needs to know of a response.
package struct ReceivedResponse: Sendable {
    package var status: Int
    /// How many bytes the body had.
    package var bodySize: Int
    /// Its first bytes, up to what was asked for.
    package var body: [UInt8]
    package var keepAlive: Bool
}

/// HTTP/1.1 over a connection, one message at a time. Nil stands for a peer that is gone, too slow or malformed.
extension Connection {
    /// Receives a whole request; its body is kept up to `bodyMax` bytes.
    package func receiveRequest(timeout: Duration, bodyMax: Int) async -> ReceivedRequest? {
        var head = RequestHead()
        let received = await receiveHead(timeout) { (buffer: borrowing Buffer) throws(HTTP1Error) -> Int? in
            try head.parse(from: buffer, limits: HeadLimits())
        }
        guard let length = received else { return nil }
        var request = ReceivedRequest(
            method: text(head.methodRange), target: text(head.target),
            fields: head.fields.map { (text($0.name), text($0.value)) }, bodySize: 0, body: [],
            keepAlive: head.keepAlive)
        let framing = head.framing
        input.consume(length)
        if head.expectsContinue, input.isEmpty, framing != .none {
            guard await send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) else { return nil }
        }
        guard let body = await receiveBody(framing, timeout, bodyMax) else { return nil }
        request.bodySize = body.size
        request.body = body.kept
        return request
    }

    /// Receives a whole response to a request of `method`; interim ones are passed over.
    package func receiveResponse(toHEAD: Bool = false, timeout: Duration, bodyMax: Int = 0) async -> ReceivedResponse? {
        var head = ResponseHead()
        while true {
            let received = await receiveHead(timeout) { (buffer: borrowing Buffer) throws(HTTP1Error) -> Int? in
                try head.parse(from: buffer, limits: HeadLimits())
            }
            guard let length = received else { return nil }
            input.consume(length)
            if !head.isInterim { break }
        }
        let framing = head.framing(for: toHEAD ? .head : .get)
        guard let body = await receiveBody(framing, timeout, bodyMax) else { return nil }
        return ReceivedResponse(
            status: Int(head.status), bodySize: body.size, body: body.kept,
            keepAlive: head.keepAlive && framing != .untilClose)
    }

    private func receiveHead(
        _ timeout: Duration, parse: (borrowing Buffer) throws(HTTP1Error) -> Int?
    ) async -> Int? {
        while true {
            if !input.isEmpty {
                do throws(HTTP1Error) {
                    if let length = try parse(input) { return length }
                } catch {
                    return nil
                }
            } else {
                releaseInput()
            }
            guard await receive(timeout: timeout) else { return nil }
        }
    }

    private func receiveBody(
        _ framing: BodyFraming, _ timeout: Duration, _ most: Int
    ) async -> (size: Int, kept: [UInt8])? {
        var decoder = BodyDecoder(framing)
        var kept: [UInt8] = []
        var size = 0
        while true {
            guard
                decoder.decode(
                    &input,
                    each: { data in
                        size += data.byteCount
                        let part = data.extracting(first: max(0, most - kept.count))
                        part.withUnsafeBytes { kept.append(contentsOf: $0) }
                    })
            else { return nil }
            if decoder.isComplete { return (size, kept) }
            guard await receive(timeout: timeout) else { return framing == .untilClose ? (size, kept) : nil }
        }
    }

    private func text(_ range: ByteRange) -> String {
        input.withReadable { String(decoding: $0[range.bounds], as: UTF8.self) }
    }
}

/// Takes a body of any framing apart.
private struct BodyDecoder {
    private var reader: BodyReader
    private var chunks: ChunkedDecoder?
    private(set) var isComplete: Bool

    init(_ framing: BodyFraming) {
        reader = BodyReader(framing)
        chunks = framing == .chunked ? ChunkedDecoder() : nil
        isComplete = reader.isComplete
    }

    // Consumes what belongs to the body and shows its data; false when it is malformed.
    mutating func decode(_ input: inout Buffer, each: (RawSpan) -> Void) -> Bool {
        do throws(HTTP1Error) {
            guard var decoder = chunks else {
                let progress = try reader.take(from: &input)
                each(input.readable.extracting(first: progress.consumed))
                input.consume(progress.consumed)
                isComplete = progress.isComplete
                return true
            }
            defer { chunks = decoder }
            while true {
                switch try decoder.next(input.readable, from: 0) {
                case .data(let range):
                    each(input.readable.extracting(range))
                    input.consume(range.upperBound)
                case .extensions(let range):
                    input.consume(range.upperBound)
                case .more:
                    input.removeAll()
                    return true
                case .end(let end):
                    input.consume(end)
                    isComplete = true
                    return true
                }
            }
        } catch {
            return false
        }
    }
}

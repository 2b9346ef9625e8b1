/// A response's body on its way to the client: how much of what was received may be sent, and when it ends.
///
/// It passes bodies through as they are framed, but for two cases: a body until close goes to an HTTP/1.1 client in
/// chunks, so that its connection can go on and a cut shows; and a chunked one goes plain to an HTTP/1.0 client.
struct ResponseRelay {
    /// Bodies up to this size are copied behind the head, which is cheaper than a send of two parts.
    static let copyMax = 4096

    private enum Conversion { case none, chunking, dechunking }

    /// How many bytes at the front of the upstream's buffer wait to be sent.
    var ready = 0
    private(set) var isComplete = false
    /// The upstream ends the body by closing.
    let endsByUpstreamClose: Bool
    /// The client's connection must end with the body.
    let endsByClosing: Bool
    let headFraming: ResponseDelivery.Framing
    /// Whether the upstream's socket is good for another request, once the body has ended.
    let isReusable: Bool
    let keepAliveTimeout: UInt32?
    let keepAliveMax: UInt32?
    private let conversion: Conversion
    private var reader: BodyReader
    private var owesLineEnd = false

    /// A relay for a body framed as `framing`, to a client of HTTP/1.`clientMinor`.
    ///
    /// - Parameter connection: What the head's Connection options name, which no trailer may be called.
    init(
        framing: BodyFraming, clientMinor: UInt8, isReusable: Bool, keepAliveTimeout: UInt32?, keepAliveMax: UInt32?,
        connection: ConnectionNames?
    ) {
        self.isReusable = isReusable
        self.keepAliveTimeout = keepAliveTimeout
        self.keepAliveMax = keepAliveMax
        endsByUpstreamClose = framing == .untilClose
        endsByClosing = clientMinor == 0 && (framing == .untilClose || framing == .chunked)
        reader = BodyReader(framing, connection: connection)
        switch (framing, clientMinor) {
        case (.untilClose, 1):
            conversion = .chunking
            headFraming = .chunked
        case (.chunked, 0):
            conversion = .dechunking
            headFraming = .untilClose
        default:
            conversion = .none
            headFraming = .asIs
        }
    }

    /// Looks at what was received; called when all that was ready has been sent.
    ///
    /// - Parameter output: What goes to the client in front of the bytes that are ready.
    mutating func advance(_ response: inout Buffer, into output: inout Buffer) throws(ExchangeFailure) {
        guard !isComplete else { return }
        do throws(HTTP1Error) {
            switch conversion {
            case .none:
                let progress = try reader.take(from: &response)
                ready = progress.consumed
                isComplete = progress.isComplete
            case .chunking:
                ready = response.count
                if ready > 0 { startChunk(of: ready, in: &output) }
            case .dechunking:
                try dechunk(&response, into: &output)
            }
        } catch {
            throw .badResponse(error)
        }
    }

    /// The upstream has closed, which ends a body until close.
    mutating func upstreamEnded(into output: inout Buffer) {
        isComplete = true
        guard conversion == .chunking else { return }
        if owesLineEnd { output.append("\r\n") }
        output.append("0\r\n\r\n")
    }

    // Small chunks are gathered in the output, so that many of them leave in one send.
    private mutating func dechunk(_ response: inout Buffer, into output: inout Buffer) throws(HTTP1Error) {
        while !response.isEmpty {
            switch try reader.nextElement(response.readable) {
            case .data(let range):
                response.consume(range.lowerBound)
                ready = range.count
                guard ready <= Self.copyMax, ready <= output.room else { return }
                output.append(response.readable.extracting(first: ready))
                response.consume(ready)
                ready = 0
            case .extensions(let range):
                response.consume(range.upperBound)
            case .more:
                response.removeAll()
            case .end(let end):
                response.consume(end)
                isComplete = true
                return
            }
        }
    }

    private mutating func startChunk(of size: Int, in output: inout Buffer) {
        if owesLineEnd { output.append("\r\n") }
        owesLineEnd = true
        var shift = (Int.bitWidth - 1 - size.leadingZeroBitCount) / 4 * 4
        while shift >= 0 {
            let digit = UInt8(truncatingIfNeeded: size >> shift & 0xF)
            output.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            shift -= 4
        }
        output.append("\r\n")
    }
}

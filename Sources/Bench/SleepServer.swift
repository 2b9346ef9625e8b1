package import Control
import DataPlane
import Locks
import Synchronization

/// The benchmark's upstream: reads a whole request, waits as many milliseconds as the path says, then answers with
/// JSON that shows what it received.
package final class SleepServer: Sendable {
    // A request's body is shown up to this many bytes, and read to its end whatever its size.
    private static let bodyShownMax = 64 << 10
    // A client may be silent for this long.
    private static let patience: Duration = .seconds(300)

    /// Where it listens, with the port that was bound.
    package let address: SocketAddress
    private let loop: EventLoop

    /// Listens on `address` and serves from then on.
    ///
    /// - Parameter roundTrip: How far away it plays to be. A client of a real network may send its first request when
    ///   its SYN has been answered, a round trip after it was sent (RFC 9293, section 3.5); here the kernel answers at
    ///   once, and the first request of a connection is held back until a round trip after it was accepted. What
    ///   a request and its response take on the way is not modeled: it is the same on a new and on a used socket.
    /// - Throws: Why it cannot.
    package init(listen: SocketAddress, roundTrip: Duration = .zero) async throws(SettingFault) {
        loop = try EventLoop(name: "sleep-server")
        let counts = Counts()
        address = try await loop.listen(on: listen) { await Self.serve($0, counts, roundTrip: roundTrip) }
    }

    /// What it counts of its clients; `GET /stats` shows it.
    private final class Counts: Sendable {
        private let values = Lock((accepted: 0, open: 0, mostOpen: 0, requests: 0))

        func opened() {
            values.withLock {
                $0.accepted += 1
                $0.open += 1
                $0.mostOpen = max($0.mostOpen, $0.open)
            }
        }

        func closed() { values.withLock { $0.open -= 1 } }

        func requested() { values.withLock { $0.requests += 1 } }

        var json: String {
            let now = values.withLock { $0 }
            return """
                {"accepted":\(now.accepted),"open":\(now.open),"mostOpen":\(now.mostOpen),"requests":\(now.requests)}
                """
        }
    }

    private static func serve(_ connection: Connection, _ counts: Counts, roundTrip: Duration) async {
        counts.opened()
        defer { counts.closed() }
        let established = connection.now + roundTrip.wholeNanoseconds
        while let request = await connection.receiveRequest(timeout: patience, bodyMax: bodyShownMax) {
            if connection.now < established {
                await connection.sleep(.nanoseconds(Int64(established - connection.now)))
            }
            let body: [UInt8]
            if request.target == "/stats" {
                body = Array((counts.json + "\n").utf8)
            } else {
                counts.requested()
                let delay = SleepPath.milliseconds(in: request.target)
                if delay > 0 { await connection.sleep(.milliseconds(delay)) }
                body = SleepAnswer.json(delay: delay, request)
            }
            let head = SleepAnswer.head(size: body.count, keepAlive: request.keepAlive)
            let isHEAD = request.method == "HEAD"
            guard await connection.send(isHEAD ? head : head + body), request.keepAlive else { return }
        }
    }
}

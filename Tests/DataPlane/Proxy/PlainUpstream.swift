import Control

@testable import DataPlane

/// A server on a real socket that answers every request at once with 200 and its own name.
struct PlainUpstream {
    let loop: EventLoop
    let address: SocketAddress

    /// Starts one called `name`.
    static func start(name: String = "ok") async throws -> PlainUpstream {
        let loop = try EventLoop(name: "upstream")
        let address = try await loop.listen(on: .tcp(host: "127.0.0.1", port: 0)) { connection in
            // However busy the machine is, it closes no connection by itself.
            while let request = await connection.receiveRequest(timeout: .seconds(600), bodyMax: 0) {
                let close = request.keepAlive ? "" : "Connection: close\r\n"
                let answer = "HTTP/1.1 200 OK\r\nContent-Length: \(name.utf8.count)\r\n\(close)\r\n\(name)"
                guard await connection.send(Array(answer.utf8)), request.keepAlive else { return }
            }
        }
        return PlainUpstream(loop: loop, address: address)
    }

    func end() async { await loop.end() }
}

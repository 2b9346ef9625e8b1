import Control
import DataPlane
import FoundationEssentials

/// Asks a proxy's admin API for its agents.
struct AdminClient: Sendable {
    private struct Reply: Decodable {
        let agents: [Agent]
    }

    private struct Agent: Decodable {
        let name: String
        let mode: String
        let status: Status

        struct Status: Decodable {
            let sockets: [String: Int]
            let pending: Int
            let totals: Totals
        }

        struct Totals: Decodable {
            let created: Int
        }
    }

    private let address: SocketAddress
    private let loop: EventLoop

    /// A client of the admin server at `address`.
    init(_ address: SocketAddress) throws(SettingFault) {
        self.address = address
        loop = try EventLoop(name: "admin-client")
    }

    /// Each agent's figures; empty when the server does not answer.
    func agents() async -> [StatusLine] {
        let address = address
        let body: [UInt8]? = await withCheckedContinuation { continuation in
            Task {
                await loop.run { connection in
                    continuation.resume(returning: await Self.get("/api/v1/agents", address, connection))
                }
            }
        }
        guard let body, let reply = try? JSONDecoder().decode(Reply.self, from: Data(body)) else { return [] }
        return reply.agents.compactMap { agent in
            guard let mode = AgentMode(rawValue: agent.mode) else { return nil }
            return StatusLine(
                mode: mode, created: agent.status.totals.created, pending: agent.status.pending,
                open: agent.status.sockets["open"] ?? 0, free: agent.status.sockets["free"] ?? 0)
        }
    }

    /// Ends its thread.
    func end() async { await loop.end() }

    private static func get(_ path: String, _ address: SocketAddress, _ connection: Connection) async -> [UInt8]? {
        defer { connection.close() }
        guard await connection.connect(to: address, timeout: .seconds(5)) else { return nil }
        let request = "GET \(path) HTTP/1.1\r\nHost: \(address)\r\nConnection: close\r\n\r\n"
        guard await connection.send(Array(request.utf8)),
            let answer = await connection.receiveResponse(timeout: .seconds(5), bodyMax: 1 << 20), answer.status == 200
        else { return nil }
        return answer.body
    }
}

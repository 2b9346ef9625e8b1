import Control
import Testing

@testable import DataPlane

extension Scenario {
    /// What an upstream says that switches to WebSocket.
    static let switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"

    /// A client with a tunnel to the upstream's last connection; neither has taken or sent a byte in it.
    func tunnel(_ client: ManualClient? = nil) -> (ManualClient, ManualPeer) {
        let client = client ?? self.client()
        client.askToSwitch()
        settle()
        upstream.last.take()
        upstream.last.send(Self.switching)
        settle()
        #expect(client.status == 101)
        client.take()
        return (client, upstream.last)
    }

    /// How many upstream sockets were closed for `reason`.
    func closed(_ reason: CloseReason) -> UInt64 { counters.closed[reason.rawValue].value }

    /// The time of a stop is over.
    func cut() {
        for node in deployment.nodes { deployment.on(node.worker) { $0.cut() } }
    }
}

extension ManualPeer {
    /// Asks for another protocol.
    func askToSwitch(to name: String = "websocket", _ fields: String = "") {
        ask("GET", "Connection: Upgrade\r\nUpgrade: \(name)\r\n\(fields)")
    }
}

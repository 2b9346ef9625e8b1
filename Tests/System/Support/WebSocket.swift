import Testing
import TestSupport

/// One side of a WebSocket (RFC 6455), as far as the tests need it: whole frames, no fragments.
struct WebSocket {
    /// A frame's opcode and its payload.
    struct Frame: Equatable {
        var opcode: UInt8
        var payload: [UInt8]
    }

    static let text: UInt8 = 1
    static let binary: UInt8 = 2
    static let close: UInt8 = 8

    /// The handshake of RFC 6455, section 1.3: with this key the answer is known without a hash.
    static let request =
        "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://example.com\r\n"
        + "Sec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Version: 13\r\n\r\n"

    let connection: RawClient
    /// Whether it masks what it sends, as clients must and servers must not.
    let masks: Bool

    /// The client's side, after its handshake through the proxy.
    init(connecting connection: RawClient) throws {
        self.connection = connection
        masks = true
        try connection.send(Self.request)
        let response = try connection.readResponse()
        try #require(response.status == 101)
        #expect(response.values("Upgrade").map { $0.lowercased() } == ["websocket"])
        #expect(response.values("Connection").map { $0.lowercased() } == ["upgrade"])
        #expect(response.values("Sec-WebSocket-Accept") == ["s3pPLMBiTxaQ9kYGzzhZRbK+xOo="])
        #expect(response.values("Sec-WebSocket-Protocol") == ["chat"])
    }

    /// The server's side: nil when the request is no handshake; it was answered 400 then.
    init?(accepting peer: UpstreamPeer) throws {
        connection = peer.client
        masks = false
        guard let request = try peer.readRequest() else { return nil }
        guard request.method == "GET", request.value("Sec-WebSocket-Key") == "dGhlIHNhbXBsZSBub25jZQ==",
            request.value("Sec-WebSocket-Version") == "13",
            request.values("Upgrade").map({ $0.lowercased() }) == ["websocket"],
            request.values("Connection").map({ $0.lowercased() }) == ["upgrade"]
        else {
            try peer.answer("400 Bad Request", text: request.head)
            return nil
        }
        try peer.send(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n")
    }

    /// Sends a frame.
    func send(_ frame: Frame) throws { try connection.send(Self.bytes(of: frame, masks: masks)) }

    /// A frame as it goes over the wire (RFC 6455, section 5.2).
    static func bytes(of frame: Frame, masks: Bool) -> [UInt8] {
        let count = frame.payload.count
        var bytes: [UInt8] = [0x80 | frame.opcode]
        let flag: UInt8 = masks ? 0x80 : 0
        switch count {
        case ..<126: bytes.append(flag | UInt8(count))
        case ..<65_536: bytes += [flag | 126, UInt8(count >> 8), UInt8(count & 0xFF)]
        default: bytes += [flag | 127] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) }
        }
        guard masks else { return bytes + frame.payload }
        let key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
        return bytes + key + frame.payload.enumerated().map { $1 ^ key[$0 & 3] }
    }

    /// Reads a frame; it must be masked where the other side's must be.
    func receive() throws -> Frame {
        let head = try connection.read(count: 2)
        try #require(head[0] & 0x70 == 0 && (head[1] & 0x80 != 0) == !masks)
        var count = Int(head[1] & 0x7F)
        if count > 125 {
            count = try connection.read(count: count == 126 ? 2 : 8).reduce(0) { $0 << 8 | Int($1) }
        }
        let key = masks ? [] : try connection.read(count: 4)
        let payload = try connection.read(count: count)
        return Frame(
            opcode: head[0] & 0x0F, payload: masks ? payload : payload.enumerated().map { $1 ^ key[$0 & 3] })
    }

    /// Sends each frame back until one says close, which is answered as one.
    func echo() throws {
        while true {
            let frame = try receive()
            try send(frame)
            if frame.opcode == Self.close { return }
        }
    }
}

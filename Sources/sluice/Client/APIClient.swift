import ArgumentParser
import Control
import DataPlane

/// Asks an admin server, one request a connection.
struct APIClient: Sendable {
    /// What the server said, when it said yes.
    struct Reply: Sendable {
        let bytes: [UInt8]
        let json: APIValue

        /// As it came, without the line's end.
        var text: String {
            let text = String(decoding: bytes, as: UTF8.self)
            return text.last == "\n" ? String(text.dropLast()) : text
        }
    }

    // A name that is looked up, or a machine that is far away.
    private static let connectTimeout: Duration = .seconds(5)
    // The longest thing that the API waits for is one second.
    private static let answerTimeout: Duration = .seconds(15)
    private static let tlsTimeoutSeconds: UInt32 = 15
    // A page of a thousand sockets, or a thousand agents, has less than a megabyte.
    private static let bodyBytesMax = 32 << 20

    let server: AdminURL
    private let token: String?
    private let files: TLSExchange.Files
    private let loop: EventLoop

    /// A client of `server`.
    ///
    /// - Parameters:
    ///   - token: What it shows to be let in; nil: nothing.
    ///   - files: For `https`.
    /// - Throws: What the machine lacks for it.
    init(_ server: AdminURL, token: String?, files: TLSExchange.Files) throws(ClientFailure) {
        self.server = server
        self.token = token
        self.files = files
        do throws(SettingFault) {
            loop = try EventLoop(name: "admin-client")
        } catch {
            throw ClientFailure([error.message], .unavailable)
        }
    }

    /// What is at `path`.
    func get(_ path: String) async throws(ClientFailure) -> Reply { try await send("GET", path) }

    /// Sends a request.
    ///
    /// - Parameters:
    ///   - path: Already escaped.
    ///   - body: JSON; nil for none.
    /// - Throws: That no answer came, or what the server had against it.
    @discardableResult
    func send(
        _ method: String, _ path: String, body: SettingValue? = nil, type: String = "application/json"
    ) async throws(ClientFailure) -> Reply {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\nUser-Agent: sluice/\(Version.current)\r\n"
        head += "Accept: application/json\r\nConnection: close\r\n"
        if let token { head += "Authorization: Bearer \(token)\r\n" }
        let content = body.map { Array(APIValue($0).json().utf8) }
        if let content { head += "Content-Type: \(type)\r\nContent-Length: \(content.count)\r\n" }
        let answer = try await exchange(Array((head + "\r\n").utf8) + (content ?? []))
        guard let json = APIValue(json: answer.body) else { throw .foreign(server, status: answer.status) }
        if (200..<300).contains(answer.status) { return Reply(bytes: answer.body, json: json) }
        guard json.status.number == Double(answer.status) else { throw .foreign(server, status: answer.status) }
        throw ClientFailure(json, status: answer.status)
    }

    private var host: String { if case .tcp = server.address { server.address.description } else { "localhost" } }

    private func exchange(_ request: [UInt8]) async throws(ClientFailure) -> HTTPAnswer {
        let outcome: Result<HTTPAnswer, SettingFault>
        if server.isTLS, case .tcp(let host, let port) = server.address {
            let exchange = TLSExchange(
                host: host, port: port, files: files, seconds: Self.tlsTimeoutSeconds, bytesMax: Self.bodyBytesMax)
            outcome = await exchange.send(request)
        } else {
            outcome = await plainExchange(request)
        }
        do throws(SettingFault) {
            return try outcome.get()
        } catch {
            throw .unreachable(server, error.message)
        }
    }

    private func plainExchange(_ request: [UInt8]) async -> Result<HTTPAnswer, SettingFault> {
        let address = server.address
        return await withCheckedContinuation { continuation in
            Task {
                await loop.run { connection in
                    continuation.resume(returning: await Self.exchange(request, with: address, connection))
                }
            }
        }
    }

    private static func exchange(
        _ request: [UInt8], with address: SocketAddress, _ connection: Connection
    ) async -> Result<HTTPAnswer, SettingFault> {
        defer { connection.close() }
        guard await connection.connect(to: address, timeout: connectTimeout) else {
            return .failure(
                SettingFault("nothing accepts a connection there; --admin or SLUICE_ADMIN says where it is"))
        }
        guard await connection.send(request),
            let answer = await connection.receiveResponse(timeout: answerTimeout, bodyMax: bodyBytesMax),
            answer.bodySize == answer.body.count
        else { return .failure(SettingFault("no HTTP answer came")) }
        return .success(HTTPAnswer(status: answer.status, body: answer.body))
    }
}

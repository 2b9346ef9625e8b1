import ArgumentParser
import Control

/// `sluice agents sockets`.
struct AgentsSockets: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sockets",
        abstract: "List the open sockets of an agent.",
        discussion: """
            Example:
              sluice agents sockets k
              sluice agents sockets k --state free
            """)

    @OptionGroup var agent: AgentArgument

    @Option(
        help: ArgumentHelp("Only those in this state: connecting, active or free.", valueName: "state"),
        completion: .list(SocketSnapshot.State.allCases.map(\.rawValue)))
    var state: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup(title: "Server") var client: ClientOptions

    func validate() throws {
        guard let state, SocketSnapshot.State(rawValue: state) == nil else { return }
        throw ValidationError("--state: must be connecting, active or free, not \"\(state)\"")
    }

    func run() async throws {
        let sockets = try await client.use { client throws(ClientFailure) in try await all(client) }
        if output.json {
            print(APIValue(.object(["sockets": .list(sockets.map(\.value)), "next": .null])).json())
        } else {
            for line in Self.table(sockets).lines(.current) { print(line) }
        }
    }

    // The API gives them in pages; they come and go meanwhile, but ids only grow.
    private func all(_ client: APIClient) async throws(ClientFailure) -> [APIValue] {
        var sockets: [APIValue] = []
        var after: String?
        let filter = state.map { "&state=\($0)" } ?? ""
        repeat {
            let page = after.map { "&after=\($0)" } ?? ""
            let reply = try await client.get(APIClient.path(of: agent.name, "/sockets?limit=1000\(filter)\(page)"))
            sockets += reply.json.sockets.elements
            // A place that is none, or the same again, would never end.
            let next = reply.json.next.string
            guard next != after, next?.utf8.allSatisfy({ (48...57).contains($0) }) != false else { break }
            after = next
        } while after != nil
        return sockets
    }

    private static func table(_ sockets: [APIValue]) -> TextTable {
        var table = TextTable(columns: [
            .init(name: "ID"), .init(name: "STATE", isFigure: false), .init(name: "PORT"), .init(name: "AGE"),
            .init(name: "IDLE"), .init(name: "REQUESTS"), .init(name: "RECEIVED"), .init(name: "SENT"),
            .init(name: "THREAD"), .init(name: "UPSTREAM", isFigure: false),
        ])
        table.rows = sockets.map { socket in
            let state = socket.state.string ?? "-"
            let color: Terminal.Color? = state == "active" ? .green : state == "connecting" ? .yellow : nil
            return [
                .init(socket.id.string ?? "-"), .init(state, color), .init(Figure.count(socket.localPort)),
                .init(Figure.seconds(socket.age)), .init(Figure.seconds(socket.idle)),
                .init(Figure.count(socket.requests)), .init(Figure.bytes(socket.bytesReceived)),
                .init(Figure.bytes(socket.bytesSent)), .init(Figure.count(socket.thread)),
                .init(socket.upstream.string ?? "-"),
            ]
        }
        return table
    }
}

/// What was seen during one case, read by the strict reader.
struct Evidence: Sendable {
    /// A request as the upstream saw it.
    struct Request: Sendable {
        /// The connection over which it came.
        let connection: Int
        /// The request; its `end` is nil when it was never completed.
        let message: WireMessage
    }

    /// The interim responses that the client received.
    private(set) var interim: [WireMessage] = []
    /// The final ones; the last may have no `end`.
    private(set) var answers: [WireMessage] = []
    /// The requests at the upstream, less those that the runner sent to see what is left over.
    private(set) var requests: [Request] = []
    /// Whether bytes reached the upstream that begin no request head that can be read as a whole.
    private(set) var hasStrayBytes = false
    /// The connections that carried what the runner sent to see what goes on.
    private(set) var laterConnections: Set<Int> = []
    /// What the strict reader found wrong, in words.
    private(set) var errors: [String] = []
    /// What it was read from.
    let scene: Scene

    /// Reads a scene.
    ///
    /// - Parameters:
    ///   - methods: What the client asked, in order; GET where it says nothing.
    init(_ scene: Scene, methods: [String]) {
        self.scene = scene
        readClient(methods)
        for index in scene.connections.indices { readConnection(index) }
    }

    /// Whether the last answer is there as a whole.
    var isWhole: Bool { answers.last.map { $0.end != nil } ?? false }

    private mutating func readClient(_ methods: [String]) {
        let reader = WireReader(scene.client)
        var next = 0
        do throws(WireError) {
            while next < scene.client.count {
                let method = methods.indices.contains(answers.count) ? methods[answers.count] : "GET"
                guard var response = try reader.response(at: next, to: method) else {
                    if scene.clientEnd == .closed { errors.append("the client's bytes end within a head") }
                    return
                }
                if response.endsWithConnection && scene.clientEnd == .closed { response.end = scene.client.count }
                if response.status < 200 && response.status != 101 {
                    interim.append(response)
                } else {
                    answers.append(response)
                }
                // What follows a switch of protocols is no HTTP.
                let isTunnel = response.status == 101 || (method == "CONNECT" && response.status < 300)
                guard let end = response.end, !isTunnel else { return }
                next = end
            }
        } catch { errors.append("the client received \(error)") }
    }

    private mutating func readConnection(_ index: Int) {
        let connection = scene.connections[index]
        let bytes = connection.tunnel.map { Array(connection.bytes.prefix($0)) } ?? connection.bytes
        let reader = WireReader(bytes)
        var next = 0
        do throws(WireError) {
            while next < bytes.count {
                guard let message = try reader.request(at: next) else {
                    hasStrayBytes = true
                    return
                }
                if RequirementPlay.ownTargets.contains(message.target) {
                    laterConnections.insert(index)
                } else {
                    requests.append(Request(connection: index, message: message))
                }
                guard let end = message.end else { return }
                next = end
            }
        } catch {
            hasStrayBytes = true
            errors.append("the upstream received \(error)")
        }
    }
}

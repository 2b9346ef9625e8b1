import Dispatch
import TestSupport

/// Clients that each send request after request on one connection.
enum Load {
    /// What came of it.
    struct Result: Sendable {
        var answered = 0
        var failures: [String] = []
    }

    /// Runs `clients` threads with `requests` requests each, and waits for all.
    ///
    /// - Parameters:
    ///   - path: The target of the request, from the number of the client and of the request.
    ///   - isRight: Whether a response is what it should be.
    static func run(
        port: UInt16, clients: Int, requests: Int, patience: Duration = .seconds(30),
        path: @escaping @Sendable (Int, Int) -> String = { _, _ in "/0" },
        while goesOn: @escaping @Sendable () -> Bool = { true },
        isRight: @escaping @Sendable (RawResponse) -> Bool = { $0.status == 200 }
    ) -> Result {
        let result = Watched(Result())
        let group = DispatchGroup()
        for client in 0..<clients {
            DispatchQueue(label: "load").async(group: group) {
                do {
                    let connection = try RawClient(port: port, patience: patience)
                    for number in 0..<requests where goesOn() {
                        try connection.send("GET \(path(client, number)) HTTP/1.1\r\nHost: a.example\r\n\r\n")
                        let response = try connection.readResponse()
                        result.update {
                            if isRight(response) {
                                $0.answered += 1
                            } else {
                                $0.failures.append("\(response.statusLine) \(response.text.prefix(200))")
                            }
                        }
                    }
                } catch {
                    result.update { $0.failures.append("client \(client): \(error)") }
                }
            }
        }
        group.wait()
        return result.current
    }
}

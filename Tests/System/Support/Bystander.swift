import TestSupport

/// A client that behaves, beside an attack: it asks again and again on one connection, and counts its answers.
final class Bystander: Sendable {
    /// What it has seen.
    struct Record: Sendable {
        /// Answers with status 200.
        var answered = 0
        /// Other answers, and errors.
        var failures: [String] = []
        var isOver = false
        var hasEnded = false
    }

    private let record = Watched(Record())

    /// Begins to ask for `path` at `port`, one request after the other.
    init(port: UInt16, path: String = "/bystander", patience: Duration = .seconds(30)) {
        let record = record
        Background.run {
            defer { record.update { $0.hasEnded = true } }
            do {
                let client = try RawClient(port: port, patience: patience)
                while !record.current.isOver {
                    try client.send("GET \(path) HTTP/1.1\r\nHost: a.example\r\n\r\n")
                    let response = try client.readResponse()
                    record.update {
                        if response.status == 200 {
                            $0.answered += 1
                        } else {
                            $0.failures.append("\(response.statusLine) \(response.text)")
                        }
                    }
                }
            } catch {
                record.update { $0.failures.append("\(error)") }
            }
        }
    }

    deinit { record.update { $0.isOver = true } }

    /// How many answers it has had.
    var answered: Int { record.current.answered }

    /// Returns whether it gets `count` more answers, and no other ones, within `patience`.
    func isServed(_ count: Int = 20, within patience: Duration = .seconds(30)) -> Bool {
        let wanted = record.current.answered + count
        record.wait(patience) { $0.answered >= wanted || !$0.failures.isEmpty }
        return record.current.answered >= wanted && record.current.failures.isEmpty
    }

    /// Ends it and returns what it has seen.
    func end() -> Record {
        record.update { $0.isOver = true }
        record.wait(.seconds(40)) { $0.hasEnded }
        return record.current
    }
}

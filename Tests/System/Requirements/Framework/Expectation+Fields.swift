extension Expectation {
    /// The `at`th answer has a Proxy-Status (RFC 9209) of this proxy with a registered error type, one of `error` if
    /// these are given. A peer has not promised one.
    static func proxyStatus(_ error: String..., at index: Int = 0) -> Expectation {
        .that { evidence in
            guard ProxyUnderTest.current == .sluice else { return [] }
            guard evidence.answers.indices.contains(index) else { return ["no answer \(index) with Proxy-Status"] }
            let lines = evidence.answers[index].values("proxy-status")
            guard !lines.isEmpty else { return ["answer \(index) has no Proxy-Status"] }
            return ProxyStatusReader.failures(lines.joined(separator: ", "), name: "sluice", error: error)
        }
    }

    /// The `at`th answer is one of our errors: a problem document (RFC 9457) that is dated (RFC 9110, section 6.6.1). A
    /// peer has promised neither.
    static func problem(at index: Int = 0) -> Expectation {
        .that { evidence in
            guard ProxyUnderTest.current == .sluice else { return [] }
            return Expectation.answered(
                evidence.answers.indices.contains(index) ? evidence.answers[index].status : 0,
                has: ["content-type: application/problem+json", "date: *"], at: index
            ).failures(in: evidence)
        }
    }

    /// The lines called `name` (small letters) of the first request, in order.
    static func requestLines(_ name: String, _ values: [String]) -> Expectation {
        .that { evidence in
            let came = evidence.requests.first?.message.values(name) ?? []
            return came == values ? [] : ["upstream: \(name) is \(came), not \(values)"]
        }
    }

    /// The lines called `name` (small letters) of the first answer, in order.
    static func answerLines(_ name: String, _ values: [String]) -> Expectation {
        .that { evidence in
            let came = evidence.answers.first?.values(name) ?? []
            return came == values ? [] : ["client: \(name) is \(came), not \(values)"]
        }
    }

    /// The lines called `name` (small letters) of all interim responses, in order.
    static func interimLines(_ name: String, _ values: [String]) -> Expectation {
        .that { evidence in
            let came = evidence.interim.flatMap { $0.values(name) }
            return came == values ? [] : ["interim: \(name) is \(came), not \(values)"]
        }
    }
}

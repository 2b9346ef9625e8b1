/// The alert rules of `public/`, for one deployment.
enum AlertRules {
    /// The rules' text, with every expression about agents held to those in use.
    ///
    /// - Parameter job: Prometheus' name for the scraping of Sluice; nil: every one that has `sluice` in it.
    static func text(_ deployment: Deployment, job: String?, rules: String = ExportedFile.rules.text) -> String {
        var isExpression = false
        let lines = rules.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
            let word = line.drop { $0 == " " }
            if word.hasPrefix("expr:") { isExpression = true }
            if word.hasPrefix("for:") || word.hasPrefix("labels:") { isExpression = false }
            guard isExpression else { return String(line) }
            var text = String(line)
            if let pattern = deployment.namePattern { text = held(text, to: "agent=~\"\(pattern)\"") }
            if let job { text = text.replacing("job=~\".*sluice.*\"", with: "job=\"\(job)\"") }
            return text
        }
        let header = deployment.isKnown ? "# Made for the agents \(deployment.names.joined(separator: ", ")).\n" : ""
        return header + lines.joined(separator: "\n")
    }

    /// Puts `matcher` into each selector of a metric of agents.
    private static func held(_ line: String, to matcher: String) -> String {
        var result = ""
        var rest = Substring(line)
        while let start = rest.firstRange(of: "sluice_agent_") {
            let end =
                rest[start.lowerBound...].firstIndex { !($0.isLetter || $0.isNumber || $0 == "_") } ?? rest.endIndex
            result += rest[..<end]
            rest = rest[end...]
            if rest.first == "{" {
                rest.removeFirst()
                result += "{\(matcher)" + (rest.first == "}" ? "" : ",")
            } else {
                result += "{\(matcher)}"
            }
        }
        return result + rest
    }
}

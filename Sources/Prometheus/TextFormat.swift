/// The two text formats that scrapers ask for.
package enum TextFormat: Sendable, CaseIterable {
    /// Prometheus' own, version 0.0.4.
    case prometheus
    /// OpenMetrics 1.0.
    case openMetrics

    /// The media type of a reply in this format.
    package var contentType: String {
        switch self {
        case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }

    /// The format that an `Accept` header likes best; Prometheus' own when it likes both as much.
    ///
    /// - Parameter accept: The values of all `Accept` fields; none means anything will do.
    /// - Returns: nil when it accepts neither: that is a 406.
    package static func negotiated(accept: [String]) -> TextFormat? {
        let accepted = AcceptedTypes(accept)
        let prometheus = accepted.quality(of: "text/plain", parameters: ["version": "0.0.4"])
        let openMetrics = accepted.quality(of: "application/openmetrics-text", parameters: ["version": "1.0.0"])
        if prometheus == 0, openMetrics == 0 { return nil }
        return openMetrics > prometheus ? .openMetrics : .prometheus
    }
}

import Control
import FoundationEssentials
import MicroHTTPD
import Prometheus

/// `/metrics`.
extension API {
    /// Everything, in the format that the scraper asks for.
    func metrics(_ call: Call) throws(Problem) -> Response {
        let accept = call.request.values("Accept")
        guard let format = TextFormat.negotiated(accept: accept) else {
            throw .notAcceptable(["text/plain; version=0.0.4", "application/openmetrics-text; version=1.0.0"])
        }
        let clients = control.clients()
        var text = Exposition(format, capacity: 256 << 10)
        BuildMetrics.write(to: &text, version: version, admin: requests.all())
        ThreadMetrics.write(to: &text, threads: control.threads, busy: sampler.busyRatios(of: clients))
        ClientMetrics.write(to: &text, clients.listeners)
        AgentMetrics.write(to: &text, control.agents())
        ConfigurationMetrics.write(to: &text, store.lastReload, started: started.timeIntervalSince1970)
        ProcessMetrics.write(to: &text, ProcessFigures.read())
        return Response(
            status: 200, fields: [("Content-Type", format.contentType), ("Vary", "Accept")],
            body: .bytes(text.finish()))
    }
}

import Control
import MicroHTTPD

/// The event stream.
extension API {
    /// Opens a stream of events, or says that there are too many.
    func eventStream(_ call: Call) throws(Problem) -> Response {
        let kinds = try Self.kinds(call.query["types"])
        let fields = [("Content-Type", "text/event-stream"), ("X-Accel-Buffering", "no")]
        if call.isHead { return Response(status: 200, fields: fields, body: .bytes([])) }
        let lastID = call.request.values("Last-Event-ID").first
        guard let stream = streams.stream(kinds, lastID: lastID, greeting: sampler.newest) else {
            throw .unavailable("There are \(EventStreams.streamsMax) event streams already.", retryAfter: 5)
        }
        return Response(status: 200, fields: fields, body: .stream(stream))
    }

    private static func kinds(_ text: String?) throws(Problem) -> Set<Event.Kind> {
        guard let text else { return Set(Event.Kind.allCases) }
        var kinds: Set<Event.Kind> = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let kind = Event.Kind(rawValue: String(word)) else {
                let words = Event.Kind.allCases.map(\.rawValue).joined(separator: ", ")
                throw .badParameters([
                    .init(place: .parameter("types"), detail: "must be some of \(words), with commas between them")
                ])
            }
            kinds.insert(kind)
        }
        return kinds
    }
}

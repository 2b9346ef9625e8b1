/// How clients behave. Chances are out of a thousand, times are in nanoseconds.
struct ClientManners {
    /// It closes or resets its connection at any moment.
    var leaves = 0
    /// It does so having sent, or received, so many bytes: at every step of an exchange.
    var leavesAtByte = 0
    /// It stops in the midst of a request and waits.
    var stalls = 0
    /// It says in the midst of a request that it sends no more.
    var halfClosesEarly = 0
    /// What it sends is not quite HTTP.
    var garbage = 0
    /// It stops reading.
    var stopsReading = 0
    /// It reads in small pieces.
    var readsSlowly = 0
    /// It sends in small pieces.
    var tinyPieces = 0
    /// It sends a byte now and then, and never gets to the end.
    var drips = 0
    /// It sends requests before earlier ones are answered.
    var pipelines = 0
    /// It says that it sends no more behind its last request, and waits for the answer.
    var halfCloses = 0
    /// It speaks HTTP/1.0.
    var old = 0
    /// It waits for 100 Continue before it sends a body.
    var expects = 0
    /// It says that its connection ends behind a request.
    var saysClose = 0
    /// It keeps its connection open when it has no further request.
    var lingers = 0
    /// It asks for a tunnel, by Upgrade or CONNECT.
    var tunnels = 0
    /// Its request has been at this proxy before.
    var loops = 0
    /// It breaks a tunnel off, or says nothing more and stays.
    var leavesTunnels = 0
    /// It goes on as if nothing were when the proxy says that it is done.
    var ignoresEnd = 0
    var connectionsMax = 3
    var requestsMax = 5
    /// Between requests.
    var thinkMax: UInt64 = 10_000_000
    var bodyMax = 20_000
    /// Out of a thousand requests so many have a body.
    var bodies = 300

    /// A client that does all it should.
    static let sound = ClientManners()
}

/// How upstreams behave. Chances are out of a thousand, times are in nanoseconds.
struct UpstreamManners {
    /// It never answers.
    var never = 0
    /// It closes or resets the connection instead of answering.
    var leaves = 0
    /// It does so when a connection is used again, as if it had grown tired of it just then.
    var leavesReused = 0
    /// It closes or resets the connection in the midst of a request.
    var leavesMidRequest = 0
    /// What it answers is no HTTP.
    var garbage = 0
    /// Its answer ends before its end.
    var truncates = 0
    /// Bytes follow its answer.
    var overlong = 0
    /// It sends something on a connection that nobody asked anything on.
    var unasked = 0
    /// It answers before the request's body has come.
    var early = 0
    /// Interim answers come first.
    var interim = 0
    /// Interim answers come without end.
    var floods = 0
    /// It says nothing to a client that waits for 100 Continue, and goes on when the body comes.
    var ignoresExpect = 0
    /// It speaks HTTP/1.0: bodies of a length or until close, and a connection that goes on only if it says so.
    var old = 0
    /// It ends the connection behind the answer, having said so.
    var saysClose = 0
    /// It ends the connection behind the answer, having said nothing.
    var closesAfter = 0
    /// It ends or resets a connection that has been idle for some time.
    var closesIdle = 0
    /// It says how long, and for how many requests, the connection may be used.
    var hints = 0
    /// It stops in the midst of a body and keeps the connection open.
    var stalls = 0
    /// Its answer goes out in small pieces.
    var tinyPieces = 0
    /// It reads requests in small pieces.
    var readsSlowly = 0
    /// It stops reading in the midst of a request.
    var stopsReading = 0
    /// It goes on as if nothing were when the proxy says that it is done.
    var ignoresEnd = 0
    /// It does not open a tunnel when asked.
    var refusesTunnels = 0
    /// It breaks a tunnel off, or says nothing more and stays.
    var leavesTunnels = 0
    /// An answer takes up to this long to begin.
    var delayMax: UInt64 = 5_000_000
    /// The largest body.
    var bodyMax = 20_000

    /// An upstream that does all it should.
    static let sound = UpstreamManners()
}

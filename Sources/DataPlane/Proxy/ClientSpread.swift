/// Decides which loop is to serve a client that one loop has accepted: mostly that one, since a hand-over costs a
/// message and wakes another thread; another one when it has clearly less to do.
///
/// The kernel deals clients out by a hash of their addresses, which leaves one of two loops with six clients out of
/// eight once in four times; and a Unix socket's all go to whichever loop is awake first. Clients that stay are worth
/// being dealt out evenly. Those that stay for a request or two are dealt anew all the time, and a hand-over would be a
/// fifth of what they cost: they move only when something is far out of balance.
///
/// Pure: figures and the time are passed in. Each loop has one of its own, which looks at the others' counters.
struct ClientSpread {
    /// What a loop has to do.
    struct Load: Equatable {
        /// The clients it serves, and those on their way to it.
        var connections: Int
        /// Of those, the ones on their way.
        var arriving: Int
        /// How long it has worked since its start.
        var busyNanoseconds: UInt64
    }

    /// So many clients may be on their way to a loop: one that takes none, because something holds it up, is not sent
    /// ever more.
    static let arrivingMax = 16
    // The share of its time that a loop worked is taken over 100 ms at least: shorter ones tell of single requests.
    private static let window: UInt64 = 100_000_000
    // A loop is clearly busier than another one that worked for 30 % of the time less.
    private static let busyGap = 0.3
    // Of a connection that served fewer requests than this most of the cost is its coming and going.
    private static let requestsOfLasting = 4.0

    /// The loop's number, and how many there are.
    private let own: Int
    private let count: Int
    // How many requests the last connections served, each weighing an eighth of what came before; at first as if they
    // stayed.
    private var typicalRequests = 2 * Self.requestsOfLasting
    // Where the loops stood when the window began, and what share of the one before it they worked.
    private var windowBegan: Instant
    private var busyAtBegin: [UInt64]
    private var busyShares: [Double]

    /// For loop number `own` of `count`, of which none has worked yet.
    init(own: Int, count: Int, now: Instant) {
        self.own = own
        self.count = count
        windowBegan = now
        busyAtBegin = Array(repeating: 0, count: count)
        busyShares = Array(repeating: 0, count: count)
    }

    /// A client left after so many requests.
    mutating func left(requests: Int) {
        // Many requests say no more than some do: short ones that follow are noticed soon.
        typicalRequests += (min(Double(requests), 4 * Self.requestsOfLasting) - typicalRequests) / 8
    }

    /// The loop that is to serve the client that was just accepted, when that is another one.
    ///
    /// - Parameter load: What each loop has to do; the client is not among what this one has.
    mutating func other(now: Instant, load: (Int) -> Load) -> Int? {
        noteShares(now: now, load: load)
        let mine = load(own)
        var best: Int?
        var fewest = Int.max
        // From the next one on: the loops that have one to give do not all give it to the same.
        for step in 1..<max(count, 1) {
            let candidate = (own + step) % count
            let theirs = load(candidate)
            if theirs.connections < fewest, isBetter(candidate, theirs, than: mine) {
                (best, fewest) = (candidate, theirs.connections)
            }
        }
        return best
    }

    private func isBetter(_ candidate: Int, _ theirs: Load, than mine: Load) -> Bool {
        guard theirs.arriving < Self.arrivingMax else { return false }
        let surplus = busyShares[own] - busyShares[candidate]
        if surplus < -Self.busyGap { return false }
        if mine.connections - theirs.connections >= gap(of: mine.connections) { return true }
        // As many clients may still be as different as downloads and idle ones. It takes some more then; not all, since
        // it shows only later what they ask for. One with clients on their way may only seem idle: it is held up.
        return surplus > Self.busyGap && theirs.arriving == 0
            && theirs.connections <= mine.connections + mine.connections / 4
    }

    // How many more clients this loop must have. Of those that stay a sixteenth: the last percent of balance is not
    // worth a message each.
    private func gap(of connections: Int) -> Int {
        typicalRequests >= Self.requestsOfLasting ? max(1, connections / 16) : 8 + connections / 2
    }

    private mutating func noteShares(now: Instant, load: (Int) -> Load) {
        let passed = now.nanoseconds(since: windowBegan)
        guard passed >= Self.window else { return }
        for loop in 0..<count {
            let busy = load(loop).busyNanoseconds
            busyShares[loop] = min(1, Double(busy &- busyAtBegin[loop]) / Double(passed))
            busyAtBegin[loop] = busy
        }
        windowBegan = now
    }
}

/// How the file descriptors of the process are shared between clients and upstreams.
///
/// Clients that took them all, idle ones even, would leave none for a socket to an upstream, and every request would
/// be answered 503. So accepting waits earlier, and what was accepted is served.
enum DescriptorShare {
    // Standard streams, signals and timers, the admin server and some connections to it; and for each loop its epoll
    // instance, its waker and its listeners. Counted with two loops: 19.
    private static let others = 24
    private static let othersPerLoop = 3

    /// How many clients may be connected at once.
    ///
    /// - Parameters:
    ///   - descriptors: How many descriptors the process may have.
    ///   - sockets: How many sockets the agents may have together; they get at most half of what there is to share.
    static func clients(of descriptors: Int, loops: Int, sockets: Int) -> Int {
        guard descriptors < .max else { return .max }
        let left = max(2, descriptors - others - othersPerLoop * loops)
        return left - min(sockets, left / 2)
    }
}

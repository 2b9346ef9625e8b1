import Glibc

/// How many file descriptors this process may have open (RLIMIT_NOFILE).
enum DescriptorLimit {
    /// The limit in force.
    static var current: Int {
        var limit = rlimit()
        guard getrlimit(kind, &limit) == 0 else { return .max }
        return Int(clamping: limit.rlim_cur)
    }

    /// Lifts the limit as far as it may be without asking anybody: the low one that programs begin with is there for
    /// those that use select(2).
    static func raise() {
        var limit = rlimit()
        guard getrlimit(kind, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        // Where that is forbidden the old one stays, and clients wait for it.
        _ = setrlimit(kind, &limit)
    }

    private static var kind: __rlimit_resource_t { __rlimit_resource_t(RLIMIT_NOFILE.rawValue) }
}

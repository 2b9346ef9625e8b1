import Glibc

/// The machine's processors.
enum Processors {
    /// How many are online.
    static var available: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
}

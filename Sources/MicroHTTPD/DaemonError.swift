/// Why a daemon could not start, in words that name the address.
package enum DaemonError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Another process listens there.
    case addressInUse(String)
    /// The system does not let us listen there; `reason` is the system's own word.
    case cannotListen(address: String, reason: String)
    /// A file that is no socket stands where the Unix socket should be; it is left alone.
    case notASocket(path: String)
    /// Certificate, key or authorities cannot be used.
    case badIdentity(TLSIdentity.Fault)
    /// The library did not start, for want of memory, threads or descriptors.
    case libraryRefused(address: String)

    package var description: String {
        switch self {
        case .addressInUse(let address): "\(address) is in use by another process"
        case .cannotListen(let address, let reason): "cannot listen on \(address): \(reason)"
        case .notASocket(let path): "\(path) exists and is no socket"
        case .badIdentity(let fault): "the TLS \(fault.part) cannot be used: \(fault.reason)"
        case .libraryRefused(let address): "libmicrohttpd could not be started on \(address)"
        }
    }
}

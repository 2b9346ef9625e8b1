internal import CMicroHTTPD
internal import Glibc

/// One connection of the library.
///
/// `@unchecked Sendable` is right because no call can meet a connection that is gone. Only the library's thread frees
/// connections; a call is made on that thread, in one of its callbacks, or with the lock held under which the one who
/// keeps the connection forgets it when the request ends (`request_ended` comes before anything is freed or closed). Of
/// the calls from elsewhere, the library allows `resume` from any thread, and `shutDown` concerns the socket alone.
struct LibraryConnection: @unchecked Sendable, Hashable {
    let pointer: OpaquePointer

    /// Takes the connection out of the loop. Only from a callback, and never twice.
    func suspend() { MHD_suspend_connection(pointer) }

    /// Puts the connection back. From any thread, but only when it is suspended.
    func resume() { MHD_resume_connection(pointer) }

    /// Ends both directions of the socket; the library's loop then finds it broken and closes it.
    func shutDown() {
        let socket = sluice_mhd_client_socket(pointer)
        if socket >= 0 { shutdown(socket, Int32(SHUT_RDWR)) }
    }

    /// The address, without its port, that the client connected to; nil over a Unix socket.
    var localHost: String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
            guard let start = text.baseAddress, sluice_mhd_local_host(pointer, start, text.count) else { return nil }
            return String(cString: start)
        }
    }

    /// Whether the client has shown a certificate that leads to one of the daemon's authorities.
    var isClientVerified: Bool { sluice_mhd_client_is_verified(pointer) }

    /// `127.0.0.1:54321`, or `unix` when the client has no address of its own.
    var client: String {
        guard let address = sluice_mhd_client_address(pointer) else { return "unix" }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
            guard let start = text.baseAddress, sluice_mhd_address_text(address, start, text.count) else {
                return "unix"
            }
            return String(cString: start)
        }
    }
}

internal import CMicroHTTPD

/// The C side of the callbacks. A daemon's context is its `DaemonCore`, retained until the library's thread is gone; a
/// connection's is its `CurrentExchange`, retained until the connection is closed; it owns the `Exchange` that is
/// the request's context.
enum LibraryCallbacks {
    /// Connections that the library may have past ours, so that ours is the limit that is met (`DaemonCore.accepts`).
    private static let connectionsSpare = 2 * DaemonCore.connectionsSpare

    /// Starts the library's daemon; nil when it cannot.
    static func start(_ core: DaemonCore, context: UnsafeMutableRawPointer, socket: Int32) -> OpaquePointer? {
        let settings = core.settings
        let perAddress =
            core.isLoopback ? 0 : settings.connectionsPerAddressMax ?? max(1, settings.connectionsMax / 4)
        var library = sluice_mhd_settings()
        library.listen_socket = socket
        library.connections_max = UInt32(clamping: min(settings.connectionsMax, 1 << 20) + connectionsSpare)
        library.connections_per_address_max = UInt32(clamping: perAddress)
        library.idle_timeout_seconds = UInt32(clamping: max(1, settings.idleTimeout.components.seconds))
        library.connection_memory_bytes = max(1024, settings.headMemory)
        library.accepting = { context, _, _ in
            // Here because the library starts its thread without asking.
            sluice_thread_be_nice()
            return LibraryCallbacks.core(context)?.accepts() == true ? .YES : .NO
        }
        library.connection_changed = { context, connection, slot, change in
            guard let core = LibraryCallbacks.core(context), let connection, let slot else { return }
            switch change {
            case .CONNECTION_NOTIFY_STARTED:
                let identity = core.currentIdentity
                identity?.use(for: LibraryConnection(pointer: connection))
                core.connectionBegan(LibraryConnection(pointer: connection))
                slot.pointee = Unmanaged.passRetained(CurrentExchange(identity: identity)).toOpaque()
            case .CONNECTION_NOTIFY_CLOSED:
                if let pointer = slot.pointee {
                    slot.pointee = nil
                    Unmanaged<CurrentExchange>.fromOpaque(pointer).takeRetainedValue().replace(with: nil)
                }
                core.connectionEnded(LibraryConnection(pointer: connection))
            @unknown default: break
            }
        }
        library.target_seen = { context, target, connection in
            guard let core = LibraryCallbacks.core(context), let connection,
                let current = sluice_mhd_connection_context(connection)
            else { return nil }
            let bytes = target.map { RequestHead.bytes($0) } ?? []
            let exchange = Exchange(
                core: core, connection: LibraryConnection(pointer: connection),
                target: RequestHead.Target(bytes: bytes, address: UInt(bitPattern: target)))
            Unmanaged<CurrentExchange>.fromOpaque(current).takeUnretainedValue().replace(with: exchange)
            return Unmanaged.passUnretained(exchange).toOpaque()
        }
        library.handler = { _, _, _, method, version, data, count, context in
            guard let exchange = context?.pointee.map({ Unmanaged<Exchange>.fromOpaque($0).takeUnretainedValue() }),
                let method, let version, let count
            else { return .NO }
            guard let data else {
                return exchange.called(method: method, version: version, data: nil) ? .YES : .NO
            }
            let piece = UnsafeRawBufferPointer(start: data, count: count.pointee)
            // All of it is taken, always: a response cannot be queued while a piece is unread.
            count.pointee = 0
            return exchange.called(method: method, version: version, data: piece) ? .YES : .NO
        }
        library.request_ended = { context, connection, request, _ in
            request?.pointee = nil
            guard let connection, let current = sluice_mhd_connection_context(connection) else { return }
            LibraryCallbacks.core(context)?.waits(for: LibraryConnection(pointer: connection), true)
            Unmanaged<CurrentExchange>.fromOpaque(current).takeUnretainedValue().replace(with: nil)
        }
        library.context = context
        guard let tls = settings.tls else { return sluice_mhd_start(&library) }
        // As C strings, which the library reads during the start only.
        return (tls.certificate + [0]).withUnsafeBytes { certificate in
            (tls.key + [0]).withUnsafeBytes { key in
                library.tls_certificate = certificate.assumingMemoryBound(to: CChar.self).baseAddress
                library.tls_key = key.assumingMemoryBound(to: CChar.self).baseAddress
                return sluice_mhd_start(&library)
            }
        }
    }

    private static func core(_ context: UnsafeMutableRawPointer?) -> DaemonCore? {
        context.map { Unmanaged<DaemonCore>.fromOpaque($0).takeUnretainedValue() }
    }
}

internal import CMicroHTTPD

/// A response as the library wants it; freed by the library when the last connection is done with it.
struct LibraryResponse: ~Copyable {
    private let pointer: OpaquePointer
    private let status: UInt32

    /// The block a stream is read by when it is not chunked (HTTP/1.0).
    private static let blockBytes = 4096

    /// Makes it; nil when the status or a field cannot be sent, or when memory is short.
    init?(_ response: Response) {
        guard (200...999).contains(response.status) else { return nil }
        for field in response.fields {
            guard ASCII.isToken(field.name.utf8), ASCII.isFieldValue(field.value.utf8) else { return nil }
        }
        let made: OpaquePointer?
        switch response.body {
        case .bytes(let bytes):
            made = bytes.withUnsafeBytes { bytes in
                // MUST_COPY never writes through the pointer, whatever its type says.
                MHD_create_response_from_buffer(
                    bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress), .RESPMEM_MUST_COPY)
            }
        case .stream(let stream):
            made = Self.make(stream)
        }
        guard let made else { return nil }
        for field in response.fields where !Self.isFraming(field.name) && !field.value.isEmpty {
            guard MHD_add_response_header(made, field.name, field.value) == .YES else {
                MHD_destroy_response(made)
                return nil
            }
        }
        pointer = made
        status = UInt32(response.status)
    }

    deinit {
        MHD_destroy_response(pointer)
    }

    /// Gives it to the connection, in a call of the access handler; false when the library refuses it.
    func queue(on connection: LibraryConnection) -> Bool {
        MHD_queue_response(connection.pointer, status, pointer) == .YES
    }

    private static func isFraming(_ name: String) -> Bool {
        ASCII.equalIgnoringCase(name, "content-length") || ASCII.equalIgnoringCase(name, "transfer-encoding")
    }

    private static func make(_ stream: ResponseStream) -> OpaquePointer? {
        // One reference, given up in the last callback.
        let context = Unmanaged.passRetained(stream)
        let made = MHD_create_response_from_callback(
            sluice_mhd_size_unknown(), blockBytes,
            { context, _, target, count in
                guard let context, let target else { return sluice_mhd_end_with_error() }
                let stream = Unmanaged<ResponseStream>.fromOpaque(context).takeUnretainedValue()
                switch stream.read(into: UnsafeMutableRawBufferPointer(start: target, count: count)) {
                case .bytes(let count): return count
                case .nothing: return 0
                case .endOfStream: return sluice_mhd_end_of_stream()
                case .endWithError: return sluice_mhd_end_with_error()
                }
            }, context.toOpaque(),
            { context in
                if let context { Unmanaged<ResponseStream>.fromOpaque(context).release() }
            })
        if made == nil { context.release() }
        return made
    }
}

internal import CMicroHTTPD

/// What a daemon proves itself with over TLS, and whom it asks to prove themselves.
///
/// Clients are asked for a certificate when there are authorities to hold it against, but need not have one: a handler
/// finds the outcome in ``Request/isClientVerified``. TLS is 1.2 or 1.3.
package struct TLSIdentity: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    /// One of the three.
    package enum Part: Sendable, Equatable {
        case certificate
        case key
        case clientCA
    }

    /// What cannot be used, and why in GnuTLS' words.
    package struct Fault: Error, Sendable, Equatable {
        package let part: Part
        package let reason: String
    }

    let certificate: [UInt8]
    let key: [UInt8]
    let clientCA: [UInt8]?

    /// An identity out of PEM files' contents.
    ///
    /// - Parameters:
    ///   - certificate: The server's own certificate first, then those between it and its root.
    ///   - key: Its key, without a password.
    ///   - clientCA: Certificates of those who may sign clients' certificates; nil: clients are not asked.
    /// - Throws: The first that cannot be used; a key that belongs to another certificate too.
    package init(certificate: [UInt8], key: [UInt8], clientCA: [UInt8]? = nil) throws(Fault) {
        self.certificate = certificate
        self.key = key
        self.clientCA = clientCA
        _ = try LoadedTLS(self)
    }

    /// Whether clients are asked for a certificate.
    package var asksClients: Bool { clientCA != nil }

    /// Nothing of the key is ever shown.
    package var description: String { "TLSIdentity" }

    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// An identity as GnuTLS wants it.
///
/// `@unchecked Sendable` is right because what the pointer leads to is never changed once it is loaded, GnuTLS allows
/// any number of sessions of any thread to use it, and it is freed when nobody holds it any more.
final class LoadedTLS: @unchecked Sendable {
    private let pointer: OpaquePointer

    /// Loads `identity`; throws what cannot be used.
    init(_ identity: TLSIdentity) throws(TLSIdentity.Fault) {
        var wrong = SLUICE_TLS_NONE
        var reason: UnsafePointer<CChar>?
        let loaded = identity.certificate.withUnsafeBytes { certificate in
            identity.key.withUnsafeBytes { key in
                (identity.clientCA ?? []).withUnsafeBytes { clientCA -> OpaquePointer? in
                    var pem = sluice_tls_pem()
                    pem.certificate = certificate.baseAddress
                    pem.certificate_bytes = certificate.count
                    pem.key = key.baseAddress
                    pem.key_bytes = key.count
                    // An empty list is one that is wrong, not one that is not there.
                    pem.client_ca = identity.clientCA == nil ? nil : clientCA.baseAddress
                    pem.client_ca_bytes = clientCA.count
                    return sluice_tls_load(&pem, &wrong, &reason)
                }
            }
        }
        guard let loaded else {
            let part: TLSIdentity.Part =
                switch wrong {
                case SLUICE_TLS_CERTIFICATE: .certificate
                case SLUICE_TLS_CLIENT_CA: .clientCA
                default: .key
                }
            throw TLSIdentity.Fault(part: part, reason: reason.map { String(cString: $0) } ?? "")
        }
        pointer = loaded
    }

    deinit { sluice_tls_free(pointer) }

    /// Has a connection that just started use it. Whoever calls keeps this object until the connection is closed.
    func use(for connection: LibraryConnection) { sluice_mhd_use_tls(connection.pointer, pointer) }
}

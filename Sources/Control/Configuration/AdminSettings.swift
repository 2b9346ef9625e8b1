/// Where the admin server is and who may use it. Tokens are not in here: they are nobody's to see.
package struct AdminSettings: Sendable, Equatable {
    /// Certificate and key of the admin server, in PEM files.
    package struct TLS: Sendable, Equatable {
        /// The server's certificate, and those between it and its root.
        package var certificateFile: String
        package var keyFile: String
        /// Certificates of those who may sign clients' certificates; nil: clients need none.
        package var clientCAFile: String?

        /// TLS with these files.
        package init(certificateFile: String, keyFile: String, clientCAFile: String? = nil) {
            self.certificateFile = certificateFile
            self.keyFile = keyFile
            self.clientCAFile = clientCAFile
        }
    }

    package var listen: SocketAddress = .tcp(host: "127.0.0.1", port: 1986)
    /// The mode of its Unix socket: 0o600 to 0o777.
    package var socketMode: UInt16 = 0o600
    package var tls: TLS?
    /// A file whose first line is the token for reading; nil: `SLUICE_READ_TOKEN`, or none.
    package var readTokenFile: String?
    /// A file whose first line is the token for reading and changing; nil: `SLUICE_CHANGE_TOKEN`, or none.
    package var changeTokenFile: String?
    /// Whether a token is there, from a file or the environment.
    package var hasToken = false
    /// Names besides its own address under which it may be asked, for `Host`; in lower case, without port.
    package var hosts: [String] = []
    /// Whether it may be open to everyone at an address that others can reach.
    package var unprotected = false

    /// On loopback, for everyone on this machine.
    package init() {}

    /// What is wrong with it as a whole: an address that others reach needs protection, and TLS both of its files.
    package func faults() -> [ConfigurationFault] {
        var faults: [ConfigurationFault] = []
        if let tls {
            for (name, file) in [("certificateFile", tls.certificateFile), ("keyFile", tls.keyFile)]
            where file.isEmpty {
                faults.append(
                    ConfigurationFault(
                        path: "admin.tls.\(name)", message: "is missing; TLS needs certificateFile and keyFile"))
            }
        }
        if !listen.isLoopback, !hasToken, tls?.clientCAFile == nil, !unprotected {
            faults.append(
                ConfigurationFault(
                    path: "admin.listen",
                    message: "\(listen) can be reached from outside, and nothing protects it: give "
                        + "admin.changeTokenFile (or SLUICE_CHANGE_TOKEN), or admin.tls with clientCAFile, or say "
                        + "admin.unprotected: true (or --admin-unprotected)"))
        }
        return faults
    }
}

import Control
import Locks
import MicroHTTPD
import Synchronization

/// Decides which requests get to the resources: by site and by what they prove of their sender. What it decides by can
/// be replaced while requests run.
final class Guardian: Sendable {
    private let state: Lock<(site: SiteGuard, access: AdminAccess)>
    private let address: SocketAddress

    /// Guards a server that listens on `address`, with its real port.
    init(address: SocketAddress, access: AdminAccess) {
        self.address = address
        state = Lock((SiteGuard(address: address, access: access), access))
    }

    /// Decides by something else from now on; returns whether who may do what has changed.
    func update(_ access: AdminAccess) -> Bool {
        let site = SiteGuard(address: address, access: access)
        return state.withLock { state in
            let before = state.access
            state = (site, access)
            return before.readToken != access.readToken || before.changeToken != access.changeToken
        }
    }

    /// What the server proves itself with; nil: no TLS.
    var identity: TLSIdentity? { state.withLock { $0.access.tls } }

    /// The problem that keeps a request from any resource: a host that is not this server's, or a token that is missing.
    func fault(of request: Request) -> Problem? {
        let (site, access) = state.withLock { $0 }
        return site.faultOfHost(request) ?? access.fault(of: request)
    }

    /// The problem with where a request comes from, which matters when it changes something or holds on to something.
    func faultOfOrigin(_ request: Request) -> Problem? { state.withLock { $0.site }.faultOfOrigin(request) }
}

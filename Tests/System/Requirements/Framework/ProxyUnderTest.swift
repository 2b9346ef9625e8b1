import Foundation
import TestSupport

/// The proxy that the requirements are put to: Sluice, or a peer that `SLUICE_UNDER_TEST` names.
enum ProxyUnderTest: String, Sendable {
    case sluice
    case haproxy
    case nginx

    /// The one of this run.
    static let current: ProxyUnderTest = {
        ProcessInfo.processInfo.environment["SLUICE_UNDER_TEST"].flatMap { ProxyUnderTest(rawValue: $0) } ?? .sluice
    }()

    /// A running proxy in front of one upstream; it ends with this object.
    struct Running: Sendable {
        /// Its port on 127.0.0.1.
        let port: UInt16
        /// What keeps it running.
        let owner: any Sendable
        /// How it ended, if it did.
        let ending: @Sendable () -> ChildProcess.Ending?
    }

    /// Starts it with one thread, so that what it does for two clients has an order.
    func start(upstream: UInt16, options: Options) throws -> Running {
        switch self {
        case .sluice:
            let agent = options.agent.isEmpty ? "" : ", \(options.agent)"
            let process = try SluiceProcess.configured(
                """
                threads: 1
                client: {\(options.client)}
                agents:
                  default: {upstream: "http://127.0.0.1:\(upstream)"\(agent)}
                \(options.top)
                """)
            return Running(port: process.port, owner: process) { process.child.record.current.ending }
        case .haproxy:
            return try startPeer {
                ["/usr/sbin/haproxy", "-db", "-f", $0]
            } text: {
                Self.haproxy(port: $0, upstream: upstream)
            }
        case .nginx:
            return try startPeer {
                ["/usr/sbin/nginx", "-p", "\($0).d", "-e", "stderr", "-c", $0]
            } text: {
                Self.nginx(port: $0, upstream: upstream)
            }
        }
    }

    private func startPeer(command: (String) -> [String], text: (UInt16) -> String) throws -> Running {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sluice-requirements-\(UUID().uuidString)")
        let file = folder.appending(path: "configuration")
        try FileManager.default.createDirectory(
            at: folder.appending(path: "configuration.d"), withIntermediateDirectories: true)
        let port = try LoopbackPort.free()
        try Data(text(port).utf8).write(to: file)
        let words = command(file.path)
        let peer = Peer(try ChildProcess(words[0], Array(words.dropFirst())), folder)
        let deadline = ContinuousClock.now + .seconds(10)
        // It says nothing when it is ready: it is asked until it accepts.
        while (try? WireSocket(port: port)) == nil {
            guard ContinuousClock.now < deadline, peer.child.record.current.ending == nil else {
                throw WireError("\(rawValue) did not start: \(peer.child.record.current.errorText)")
            }
            Thread.sleep(forTimeInterval: 0.005)
        }
        return Running(port: port, owner: peer) { peer.child.record.current.ending }
    }

    /// A peer's process and its folder, which goes with it.
    private final class Peer: Sendable {
        let child: ChildProcess
        private let folder: URL

        init(_ child: ChildProcess, _ folder: URL) {
            self.child = child
            self.folder = folder
        }

        deinit {
            child.kill()
            try? FileManager.default.removeItem(at: folder)
        }
    }

    private static func haproxy(port: UInt16, upstream: UInt16) -> String {
        """
        global
            nbthread 1
        defaults
            mode http
            timeout client 10s
            timeout server 8s
            timeout connect 2s
            timeout http-request 10s
            option http-keep-alive
            http-reuse safe
            option forwardfor
        frontend proxy
            bind 127.0.0.1:\(port)
            http-request set-header X-Forwarded-Proto http
            http-request set-header X-Forwarded-Host %[req.hdr(host)]
            http-request add-header Via "%[req.ver] sluice"
            http-response add-header Via "1.1 sluice"
            default_backend upstream
        backend upstream
            server one 127.0.0.1:\(upstream)

        """
    }

    private static func nginx(port: UInt16, upstream: UInt16) -> String {
        """
        daemon off;
        master_process off;
        pid nginx.pid;
        error_log stderr;
        events { worker_connections 512; }
        http {
            access_log off;
            client_body_temp_path body;
            proxy_temp_path proxy;
            fastcgi_temp_path fastcgi;
            uwsgi_temp_path uwsgi;
            scgi_temp_path scgi;
            client_max_body_size 0;
            map $server_protocol $received { HTTP/1.0 1.0; default 1.1; }
            map $http_via $via { "" "$received sluice"; default "$http_via, $received sluice"; }
            upstream one { server 127.0.0.1:\(upstream); keepalive 16; }
            server {
                listen 127.0.0.1:\(port);
                location / {
                    proxy_pass http://one;
                    proxy_http_version 1.1;
                    proxy_request_buffering off;
                    proxy_buffering off;
                    proxy_set_header Host $http_host;
                    proxy_set_header Connection "";
                    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                    proxy_set_header X-Forwarded-Proto $scheme;
                    proxy_set_header X-Forwarded-Host $http_host;
                    proxy_set_header Via $via;
                    add_header Via "1.1 sluice" always;
                }
            }
        }

        """
    }
}

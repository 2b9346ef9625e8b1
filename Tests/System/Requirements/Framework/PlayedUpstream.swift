import Dispatch
import Glibc
import TestSupport

/// The upstream of one case: writes all that it receives into the ``Scene`` and does what the scene's steps say.
final class PlayedUpstream: Sendable {
    /// Its port on 127.0.0.1.
    let port: UInt16
    private let listener: Int32
    private let sockets = Watched<[WireSocket]>([])
    private let isStopped = Watched(false)

    /// Listens on a free port.
    init(_ scene: Watched<Scene>) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw WireError("socket: \(errno)") }
        listener = descriptor
        port = try LoopbackPort.bind(descriptor)
        guard listen(descriptor, 64) == 0 else { throw WireError("listen: \(errno)") }
        let sockets = sockets
        DispatchQueue(label: "upstream.accept").async {
            while true {
                let accepted = accept(descriptor, nil, nil)
                if accepted < 0 {
                    if errno == EINTR || errno == ECONNABORTED { continue }
                    break
                }
                let socket = WireSocket(descriptor: accepted)
                sockets.update { $0.append(socket) }
                Self.serve(socket, scene)
            }
            Glibc.close(descriptor)
        }
    }

    deinit { stop() }

    /// Accepts no more and ends all connections.
    func stop() {
        let wasStopped = isStopped.update { isStopped in
            defer { isStopped = true }
            return isStopped
        }
        // A second time the descriptor may be another one's.
        guard !wasStopped else { return }
        // Ends the accept of the other thread, which then closes the descriptor.
        shutdown(listener, Int32(SHUT_RDWR))
        for socket in sockets.current { socket.close() }
    }

    private static func serve(_ socket: WireSocket, _ scene: Watched<Scene>) {
        let index = scene.update { scene in
            scene.connections.append(Scene.Connection())
            return scene.connections.count - 1
        }
        socket.read {
            let bytes = $0
            scene.update { $0.connections[index].bytes += bytes }
        } onEnd: { end in
            scene.update { $0.connections[index].end = end }
        }
        DispatchQueue(label: "upstream.play").async {
            PlayedConnection(socket: socket, scene: scene, index: index).play()
        }
    }
}

/// One connection of a ``PlayedUpstream`` at its steps.
private struct PlayedConnection {
    let socket: WireSocket
    let scene: Watched<Scene>
    let index: Int
    /// No case takes longer.
    let patience = Duration.seconds(60)

    func play() {
        loop: while wait({ $0.connections[index].hasMore || $0.holder == index }) {
            switch nextStep() {
            case .wait: continue
            case .step(let step): guard perform(step) else { break loop }
            case .none:
                // Without steps, a tunnel only listens.
                if scene.current.connections[index].tunnel != nil { break loop }
                let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
                guard perform(.request), perform(.send(answer)) else { break loop }
            }
        }
        letGo()
        if scene.current.connections[index].tunnel != nil { wait { $0.connections[index].end != nil } }
        socket.close()
    }

    /// The next step is for whichever connection comes to it.
    ///
    /// Called before the connection ends: that makes the proxy connect anew, and the new connection must find the steps
    /// free, however late this thread goes on.
    private func letGo() { scene.update { if $0.holder == index { $0.holder = nil } } }

    private enum Next {
        case step(UpstreamStep)
        /// Bytes have to come first, here or on another connection.
        case wait
        /// There are no steps.
        case none
    }

    private func nextStep() -> Next {
        scene.update { scene in
            let isFree = scene.holder == nil || scene.holder == index
            guard !scene.isOver, isFree, let step = scene.steps.first else {
                if scene.holder == index { scene.holder = nil }
                return scene.connections[index].hasMore ? .none : .wait
            }
            switch step {
            case .request, .head:
                // The next request may come over another connection.
                guard scene.connections[index].hasMore else {
                    scene.holder = nil
                    return .wait
                }
            default: break
            }
            scene.holder = index
            return .step(scene.steps.removeFirst())
        }
    }

    /// Does one step; false when this connection is done.
    private func perform(_ step: UpstreamStep) -> Bool {
        switch step {
        case .request: return take(whole: true)
        case .head: return take(whole: false)
        case .wait(let text):
            return wait {
                WireText.contains(text, in: Array($0.connections[index].bytes[$0.connections[index].taken...]))
            }
        case .waitClient(let text): return wait { WireText.contains(text, in: $0.client) }
        case .send(let text):
            if text.hasPrefix("HTTP/1.1 101") || text.hasPrefix("HTTP/1.1 2") { beginTunnel(text) }
            return socket.send(WireText.bytes(text))
        case .shutdownWrite: socket.shutdownWrite()
        case .close:
            letGo()
            socket.close()
            return false
        case .reset:
            letGo()
            socket.reset()
            return false
        case .quiet(let time): return !scene.wait(time) { $0.connections[index].end != nil }
        case .end: return wait { $0.connections[index].end != nil }
        }
        return true
    }

    /// What follows the request that is answered by a switch of protocols, or a 2xx to CONNECT, is no HTTP.
    private func beginTunnel(_ answer: String) {
        scene.update { scene in
            let connection = scene.connections[index]
            guard answer.hasPrefix("HTTP/1.1 101") || connection.method == "CONNECT" else { return }
            scene.connections[index].tunnel = connection.headAhead ?? connection.taken
        }
    }

    /// Waits for a request; takes it in when it is there as a whole.
    private func take(whole: Bool) -> Bool {
        wait { scene in
            let connection = scene.connections[index]
            switch Self.message(connection) {
            case .success(let message): return message.map { !whole || $0.end != nil } ?? false
            case .failure: return true
            }
        }
        return scene.update { scene in
            switch Self.message(scene.connections[index]) {
            case .success(let message?):
                guard !whole || message.end != nil else { return false }
                let end = message.end ?? message.headEnd
                scene.connections[index].headAhead = whole ? nil : end
                if whole { scene.connections[index].taken = end }
                scene.connections[index].method = message.method
                return true
            case .success(nil): return false
            case .failure(let error):
                scene.connections[index].error = error.description
                return false
            }
        }
    }

    private static func message(_ connection: Scene.Connection) -> Result<WireMessage?, WireError> {
        do throws(WireError) {
            return .success(try WireReader(connection.bytes).request(at: connection.taken))
        } catch { return .failure(error) }
    }

    /// Waits until `isTrue`; false when the connection, or the case, ended before.
    @discardableResult
    private func wait(_ isTrue: (Scene) -> Bool) -> Bool {
        scene.wait(patience) { isTrue($0) || $0.connections[index].end != nil }
        return isTrue(scene.current)
    }
}

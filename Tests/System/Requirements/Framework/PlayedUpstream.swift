import Dispatch
import Glibc
import TestSupport

/// The upstream of one case: writes all that it receives into the ``Scene`` and does what the scene's steps say.
final class PlayedUpstream: Sendable {
    /// Its port on 127.0.0.1.
    let port: UInt16
    private let listener: Int32
    private let sockets = Watched<[WireSocket]>([])

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
        while wait({ $0.connections[index].bytes.count > $0.connections[index].taken || $0.holder == index }) {
            guard let step = nextStep() else {
                // Without steps, a tunnel only listens.
                if scene.current.connections[index].tunnel != nil { break }
                guard perform(.request), perform(.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) else { break }
                continue
            }
            guard perform(step) else { break }
        }
        scene.update { if $0.holder == index { $0.holder = nil } }
        let isTunnel = scene.current.connections[index].tunnel != nil
        if isTunnel { wait { $0.connections[index].end != nil } }
        socket.close()
    }

    private func nextStep() -> UpstreamStep? {
        scene.update { scene in
            guard !scene.isOver, scene.holder == nil || scene.holder == index, !scene.steps.isEmpty else {
                if scene.holder == index { scene.holder = nil }
                return nil
            }
            scene.holder = index
            return scene.steps.removeFirst()
        }
    }

    /// Does one step; false when this connection is done.
    private func perform(_ step: UpstreamStep) -> Bool {
        switch step {
        case .request: return take(whole: true)
        case .head: return take(whole: false)
        case .body:
            // The same message once more, now up to its end.
            scene.update { $0.connections[index].taken = $0.connections[index].start }
            return take(whole: true)
        case .wait(let text):
            return wait {
                WireText.contains(text, in: Array($0.connections[index].bytes[$0.connections[index].taken...]))
            }
        case .waitClient(let text): return wait { WireText.contains(text, in: $0.client) }
        case .send(let text):
            let isSwitch = text.hasPrefix("HTTP/1.1 101")
            scene.update { scene in
                let connection = scene.connections[index]
                let isConnect = connection.method == "CONNECT" && text.hasPrefix("HTTP/1.1 2")
                if isSwitch || isConnect { scene.connections[index].tunnel = connection.taken }
            }
            return socket.send(WireText.bytes(text))
        case .shutdownWrite: socket.shutdownWrite()
        case .close:
            socket.close()
            return false
        case .reset:
            socket.reset()
            return false
        case .end: return wait { $0.connections[index].end != nil }
        }
        return true
    }

    /// Waits for a request and takes it in.
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
                scene.connections[index].start = scene.connections[index].taken
                scene.connections[index].taken = whole ? message.end ?? message.headEnd : message.headEnd
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

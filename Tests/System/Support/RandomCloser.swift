import TestSupport

/// An upstream that ends its connections at random moments, by a seed; but it serves the first request of each, so
/// that a request which is sent once more on a new socket has to succeed.
struct RandomCloser: Sendable {
    let seed: UInt64
    /// How often each target was seen in whole: as a part of a head is enough to act on it.
    let sightings = Watched<[String: Int]>([:])

    /// What it answers to a request.
    static func answer(to method: String, _ target: String, body: [UInt8]) -> String {
        "\(method) \(target) \(body.count) \(body.reduce(UInt64(7)) { $0 &* 31 &+ UInt64($1) })"
    }

    /// The script of a connection.
    func serve(_ peer: UpstreamPeer) throws {
        var random = SplitMix64(seed: seed &* 1_000_003 &+ UInt64(peer.index))
        var isFresh = true
        do {
            while isFresh ? true : try !leaves(peer, using: &random) {
                let interim = "HTTP/1.1 100 Continue\r\n\r\n"
                guard let request = try peer.client.readRequest(onExpect: { try peer.send(interim) }) else { return }
                note(request.target)
                let text = Self.answer(to: request.method, request.target, body: request.body)
                if request.method == "HEAD" {
                    try peer.send("HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\n\r\n")
                } else {
                    try peer.answer(text: text)
                }
                isFresh = false
            }
        } catch RawClient.Failure.closed, RawClient.Failure.system {
            // The proxy was as quick to end it.
        }
    }

    /// Perhaps does something rude; whether the connection is over with that.
    private func leaves(_ peer: UpstreamPeer, using random: inout SplitMix64) throws -> Bool {
        let kind = Int.random(in: 0..<14, using: &random)
        if kind % 2 == 1 { peer.client.resetOnClose() }
        switch kind {
        case 0, 1:
            // At once.
            return true
        case 2, 3:
            // Free, or while the next head is arriving.
            pause(using: &random)
            return true
        case 4, 5:
            // A part of a head was read.
            let part = try peer.client.read(count: Int.random(in: 1...60, using: &random))
            let words = String(decoding: part, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
            if words.count > 2 { note(String(words[1])) }
            return true
        case 6, 7:
            // All of a head was read.
            guard let head = try peer.client.readRequestHead() else { return true }
            note(head.target)
            return true
        case 8:
            // What Apache and HAProxy say to a client that is idle.
            pause(using: &random)
            try peer.answer("408 Request Timeout", fields: "Connection: close\r\n", text: "too late")
            return true
        default:
            return false
        }
    }

    private func note(_ target: String) { sightings.update { $0[target, default: 0] += 1 } }

    // The moment is what is random here; nothing waits for it to be over.
    private func pause(using random: inout SplitMix64) {
        let time = Duration.microseconds(Int.random(in: 0...3000, using: &random))
        sightings.wait(time) { _ in false }
    }
}

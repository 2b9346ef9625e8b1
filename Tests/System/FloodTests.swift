import Glibc
import Testing
import TestSupport

/// More connections than there may be, or than there are descriptors for, and ones that come only to go.
@Suite("Connection floods", .bounded, .serialized)
struct FloodTests {
    private static let request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

    @Test("a flood past maxConnections waits its turn: nobody is refused, nothing spins, all are answered")
    func maxConnections() async throws {
        try await onThread {
            let attacked = try Attacked(
                try ScriptedUpstream(), settings: "maxSockets: 8, pendingTimeout: 60s",
                client: "maxConnections: 20, idleTimeout: 60s, headTimeout: 60s")
            let calm = try attacked.sluice.cpuSeconds(during: { #expect(attacked.bystander.isServed(100)) })
            // These take up all there is, but for a little: two loops may each let one more in.
            let holders = try (0..<19).map { _ in try PlainSocket(port: attacked.sluice.port) }
            let crowd = try (0..<300).map { _ in
                let socket = try PlainSocket(port: attacked.sluice.port)
                #expect(socket.send(Self.request) != nil)
                return socket
            }
            let cpu = try attacked.sluice.cpuSeconds(during: { #expect(attacked.bystander.isServed(100)) })
            #expect(cpu < 3 * calm + 0.5, "\(calm) s of CPU before, \(cpu) s in the flood")
            #expect(try attacked.sluice.clientConnections() <= 22)
            for socket in holders { socket.close() }
            for socket in crowd {
                let text = try #require(socket.receiveToEnd(within: .seconds(60)))
                #expect(String(decoding: text.prefix(12), as: UTF8.self) == "HTTP/1.1 200")
            }
            try attacked.expectUnharmed()
        }
    }

    @Test("descriptors run out: those that are there are served, the others wait, nothing is lost and nothing spins")
    func descriptors() async throws {
        try await onThread {
            let attacked = try Attacked(
                try ScriptedUpstream(), settings: "maxSockets: 4, pendingTimeout: 60s", client: "idleTimeout: 60s",
                descriptorsMax: 64)
            let holders = try (0..<100).map { _ in try PlainSocket(port: attacked.sluice.port) }
            let crowd = try (0..<100).map { _ in
                let socket = try PlainSocket(port: attacked.sluice.port)
                #expect(socket.send(Self.request) != nil)
                return socket
            }
            // From now on each of its requests needs a descriptor that nobody has.
            #expect(try attacked.sluice.patch("calm", "{\"mode\":\"normal\"}").status == 200)
            #expect(attacked.bystander.isServed(50))
            // Nothing is to be done for as long as this: what is measured is whether it rests meanwhile.
            let own = attacked.bystander.end()
            #expect(own.failures == [])
            let cpu = try attacked.sluice.cpuSeconds(during: {
                #expect(!crowd[99].wait(for: POLLIN, within: .seconds(2)))
            })
            #expect(cpu < 0.5, "\(cpu) s of CPU in 2 s of rest")
            for socket in holders { socket.close() }
            for socket in crowd {
                let text = try #require(socket.receiveToEnd(within: .seconds(60)))
                #expect(String(decoding: text.prefix(12), as: UTF8.self) == "HTTP/1.1 200")
            }
            try attacked.sluice.expectQuiet()
        }
    }

    @Test("descriptors run out under load: those that are let in are answered, the others wait for one that leaves")
    func descriptorsUnderLoad() async throws {
        try await onThread {
            let attacked = try Attacked(
                try ScriptedUpstream(), settings: "maxSockets: 256, pendingTimeout: 60s", descriptorsMax: 64)
            _ = attacked.bystander.end()
            let result = Load.run(
                port: attacked.sluice.port, clients: 150, requests: 10, patience: .seconds(60))
            #expect(result.failures == [])
            #expect(result.answered == 1500)
            try attacked.sluice.expectQuiet()
        }
    }

    @Test("clients that come only to go, in four ways: others served, nothing left")
    func comeAndGo() async throws {
        try await onThread {
            let attacked = try Attacked(try ScriptedUpstream(), client: "headTimeout: 60s, idleTimeout: 60s")
            let before = try attacked.sluice.residentBytes()
            for number in 0..<4000 {
                let socket = try PlainSocket(port: attacked.sluice.port)
                if number % 2 == 1 { _ = socket.send("GET / HT") }
                if number % 4 < 2 { socket.reset() } else { socket.close() }
            }
            #expect(attacked.bystander.isServed(50))
            #expect(try attacked.sluice.residentBytes() - before < 16 << 20)
            try attacked.expectUnharmed()
        }
    }

    @Test("clients that half-close and wait for long: they cost nothing meanwhile, and get their answers")
    func halfCloseAndWait() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                _ = try peer.readRequest()
                try peer.waitForRelease()
                try peer.answer(text: "late")
            }
            let attacked = try Attacked(upstream, settings: "timeout: 60s")
            let crowd = try (0..<50).map { _ in
                let socket = try PlainSocket(port: attacked.sluice.port)
                _ = socket.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                socket.shutdownWrite()
                return socket
            }
            #expect(upstream.record.wait { $0.waiting == 50 })
            #expect(attacked.bystander.end().failures == [])
            let cpu = try attacked.sluice.cpuSeconds(during: {
                // Longer than it takes until each is asked for a sign of life.
                #expect(!upstream.record.wait(.seconds(2)) { $0.open < 50 })
            })
            #expect(cpu < 0.5, "\(cpu) s of CPU in 2 s of rest")
            upstream.release(50)
            for socket in crowd {
                let text = String(decoding: try #require(socket.receiveToEnd(within: .seconds(20))), as: UTF8.self)
                #expect(text.hasSuffix("\r\n\r\nlate"), "\(text)")
            }
            try attacked.sluice.expectQuiet()
        }
    }

    @Test("clients that half-close and vanish: their answers go nowhere, their sockets do not stay")
    func halfClose() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream { peer in
                while let request = try peer.readRequest() {
                    if request.target == "/held" { return try peer.waitForEnd() }
                    try peer.answer(text: "ok")
                }
            }
            let attacked = try Attacked(upstream, settings: "maxSockets: 50, timeout: 120s, pendingTimeout: 120s")
            for number in 0..<200 {
                let socket = try PlainSocket(port: attacked.sluice.port)
                // Half of them wait for their answer, half for a socket that the others hold.
                _ = socket.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
                socket.shutdownWrite()
                if number % 2 == 0 { socket.reset() } else { socket.close() }
            }
            #expect(attacked.bystander.isServed(50))
            // One that vanished is found when it is asked for a sign of life, long before the time-out.
            try attacked.expectUnharmed()
            #expect(upstream.record.wait { $0.open == 0 })
        }
    }
}

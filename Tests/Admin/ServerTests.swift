import Control
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Admin

/// Over real sockets: what the library and the resources do together.
@Suite struct ServerTests {
    private struct Running {
        let control = FakeControl()
        let events = EventLog()
        let server: AdminServer
        let port: UInt16

        init() throws {
            server = try AdminServer(
                control: control, store: FakeStore(control), events: events, address: .tcp(host: "127.0.0.1", port: 0),
                version: "1.2.3", log: { _ in })
            guard case .tcp(_, let port) = server.address, port != 0 else { throw RawClient.Failure.notHTTP("no port") }
            self.port = port
        }

        /// One request on a connection of its own.
        func send(_ text: String, isHead: Bool = false) async throws -> RawResponse {
            try await onThread { [port] in
                let client = try RawClient(port: port)
                try client.send(text)
                return try client.readResponse(isHead: isHead)
            }
        }

        func get(_ target: String, _ fields: String = "") async throws -> RawResponse {
            try await send("GET \(target) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\(fields)\r\n")
        }
    }

    private func json(_ text: String) throws -> JSONValue { try JSONBody.decode(Array(text.utf8)) }

    @Test("resources, page and metrics arrive")
    func resources() async throws {
        let running = try Running()
        let status = try await running.get("/api/v1/status")
        #expect(status.status == 200)
        #expect(try json(status.text)["version"] == "1.2.3")
        #expect(try await running.get("/").text.contains("<!doctype html>"))
        #expect(try await running.get("/metrics").text.contains("sluice_build_info{version=\"1.2.3\"} 1"))
        #expect(try await running.get("/api/v1/agents/none").value("content-type") == "application/problem+json")
        #expect(try await running.get("/api/v1/status?%70retty").status == 200)
        await running.server.stop()
    }

    @Test("every file that the page names is served, with a type that its use needs")
    func page() async throws {
        let running = try Running()
        let page = try await running.get("/")
        let names = page.text.matches(of: /(?:src|href)="([a-z.]+\.(?:js|css))"/).map { String($0.1) }
        #expect(names.count >= 2)
        for name in Set(names) {
            let file = try await running.get("/\(name)")
            #expect(file.status == 200, "\(name)")
            #expect(file.value("content-type")?.contains(name.hasSuffix("css") ? "text/css" : "javascript") == true)
            for module in file.text.matches(of: /from "\.\/([a-z.]+\.js)"/).map({ String($0.1) }) {
                #expect(try await running.get("/\(module)").status == 200, "\(module)")
            }
        }
        let tag = try #require(page.value("etag"))
        #expect(try await running.get("/", "If-None-Match: \(tag)\r\n").status == 304)
        await running.server.stop()
    }

    @Test("HEAD has GET's length and no body; a body too large is refused")
    func head() async throws {
        let running = try Running()
        let length = try await running.get("/healthz").body.count
        let head = try await running.send(
            "HEAD /healthz HTTP/1.1\r\nHost: localhost:\(running.port)\r\n\r\n", isHead: true)
        #expect(head.status == 200 && head.value("content-length") == "\(length)")
        let large = try await running.send(
            "PATCH /api/v1/agents/k HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Expect: 100-continue\r\nContent-Length: 2000000\r\n\r\n")
        #expect(large.status == 413)
        await running.server.stop()
    }

    @Test("another host, no host, and another site's page get nowhere")
    func guarded() async throws {
        let running = try Running()
        let foreign = try await running.send("GET /api/v1/status HTTP/1.1\r\nHost: evil.example\r\n\r\n")
        #expect(foreign.status == 421)
        #expect(try await running.send("GET /api/v1/status HTTP/1.1\r\n\r\n").status == 400)
        for host in ["x", "localhost", "evil.example"] {
            let absolute = try await running.send("GET http://evil.example/healthz HTTP/1.1\r\nHost: \(host)\r\n\r\n")
            #expect([400, 421].contains(absolute.status), "\(host): \(absolute.status)")
        }
        let patch = "PATCH /api/v1/agents/k HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        let body = "Content-Length: 17\r\n\r\n{\"mode\":\"normal\"}"
        #expect(try await running.send(patch + "Origin: http://evil.example\r\n" + body).status == 403)
        #expect(running.control.agents()[0].settings.mode == .keepalive)
        let own = try await running.send(patch + "Origin: http://localhost\r\n" + body)
        #expect(own.status == 200)
        #expect(own.value("etag")?.hasSuffix("-8\"") == true)
        #expect(running.control.agents()[0].settings.mode == .normal)
        await running.server.stop()
    }

    @Test("an event stream greets with a sample, tells changes as they are made, and resumes")
    func events() async throws {
        let running = try Running()
        let port = running.port
        let (greeting, change) = try await onThread {
            let client = try RawClient(port: port)
            try client.send("GET /api/v1/events?types=sample,change HTTP/1.1\r\nHost: localhost:\(port)\r\n\r\n")
            let greeting = try client.read(until: "event: sample\ndata: {") + client.read(until: "\n\n")
            let other = try RawClient(port: port)
            try other.send(
                "PATCH /api/v1/agents/k HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    + "Content-Length: 17\r\n\r\n{\"mode\":\"normal\"}")
            _ = try other.readResponse()
            return (greeting, try client.read(until: "event: change\ndata: {") + client.read(until: "\n\n"))
        }
        #expect(greeting.contains("text/event-stream"))
        #expect(greeting.contains("\"name\":\"k\""))
        #expect(change.contains(#""changes":[{"after":"normal","before":"keepalive","setting":"mode"}]"#))
        let id = try #require(change.firstMatch(of: /id: ([a-z0-9]+)-1\n/)).1
        // One that saw nothing yet of this run sees the change; one that saw it waits for the next event.
        for (last, expected) in [("\(id)-0", "\(id)-1"), ("\(id)-1", "\(id)-2")] {
            let text = try await onThread { [events = running.events] in
                let client = try RawClient(port: port)
                try client.send(
                    "GET /api/v1/events HTTP/1.1\r\nHost: localhost:\(port)\r\nLast-Event-ID: \(last)\r\n\r\n")
                _ = try client.read(until: "retry: 2000\n\n")
                if last.hasSuffix("-1") { events.append(.problem, json: "{}") }
                return try client.read(until: "data: {")
            }
            #expect(text.contains("id: \(expected)\n"), "\(text)")
            #expect(!text.contains("event: sample"))
        }
        await running.server.stop()
    }

    @Test("samples flow each second once it is started")
    func samples() async throws {
        let running = try Running()
        running.server.start()
        running.server.start()
        let port = running.port
        let text = try await onThread {
            let client = try RawClient(port: port)
            try client.send("GET /api/v1/events?types=sample HTTP/1.1\r\nHost: localhost:\(port)\r\n\r\n")
            return try (0..<3).map { _ in try client.read(until: "event: sample\ndata: {\"agents\"") }.joined()
        }
        #expect(text.contains("-2\n"))
        await running.server.stop()
    }

    @Test("the stream past the last is refused, and a place is free again when one leaves")
    func tooMany() async throws {
        let running = try Running()
        let port = running.port
        let events = running.events
        let (statuses, again) = try await onThread {
            let request = "GET /api/v1/events?types=change HTTP/1.1\r\nHost: localhost:\(port)\r\n\r\n"
            var clients: [RawClient] = []
            for _ in 0..<EventStreams.streamsMax {
                let client = try RawClient(port: port)
                try client.send(request)
                _ = try client.read(until: "retry: 2000\n\n")
                clients.append(client)
            }
            let refused = try RawClient(port: port)
            try refused.send(request)
            let response = try refused.readResponse()
            // A client that resets is noticed as soon as something is written to it.
            clients[0].resetOnClose()
            clients[0].close()
            let deadline = ContinuousClock.now + .seconds(20)
            var last = 503
            while last == 503, ContinuousClock.now < deadline {
                events.append(.change, json: "{}")
                let client = try RawClient(port: port)
                try client.send(request)
                last = Int(try client.read(until: "\r\n").split(separator: " ")[1]) ?? 0
            }
            return ((response.status, response.value("retry-after")), last)
        }
        #expect(statuses.0 == 503 && statuses.1 == "5")
        #expect(again == 200)
        await running.server.stop()
    }

    @Test("an address that is taken is named")
    func taken() async throws {
        let running = try Running()
        let error = #expect(throws: AdminError.self) {
            try AdminServer(
                control: running.control, store: FakeStore(running.control), events: EventLog(),
                address: running.server.address, version: "1", log: { _ in })
        }
        #expect(error?.description.contains("127.0.0.1:\(running.port)") == true)
        await running.server.stop()
        await running.server.stop()
    }

    @Test("a Unix socket serves too")
    func unix() async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(
            "sluice-\(UUID().uuidString.prefix(8))"
        )
        .path
        let control = FakeControl()
        let server = try AdminServer(
            control: control, store: FakeStore(control), events: EventLog(), address: .unix(path: path), version: "1",
            log: { _ in })
        let response = try await onThread {
            let client = try RawClient(path: path)
            try client.send("GET /healthz HTTP/1.1\r\nHost: whatever\r\n\r\n")
            return try client.readResponse()
        }
        #expect(response.status == 200)
        await server.stop()
    }
}

import Foundation
import Testing
import TestSupport

/// The metrics against what an upstream counted itself.
@Suite("Metrics are true", .bounded)
struct MetricTruthTests {
    @Test("sockets and requests are those that the upstream saw", arguments: ["keepalive", "normal"])
    func counts(mode: String) async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "mode: \(mode), maxSockets: 3, freeSocketTimeout: 60s")
            let result = Load.run(port: sluice.port, clients: 6, requests: 40)
            #expect(result.failures.isEmpty && result.answered == 240)
            _ = try sluice.status { $0.sockets.active.int == 0 }
            let scrape = try sluice.scrape()
            let seen = upstream.record.current
            let labels = ["agent": "default", "mode": mode]
            func sum(_ name: String, _ labels: [String: String]) -> Double { scrape.sum(name, labels) ?? -1 }
            #expect(seen.requests.count == 240 && seen.mostOpen <= 3)
            #expect(sum("sluice_agent_requests_total", labels.merging(["code": "2xx"]) { $1 }) == 240)
            #expect(sum("sluice_agent_requests_total", ["agent": "default"]) == 240)
            #expect(sum("sluice_agent_sockets_created_total", labels) == Double(seen.accepted))
            #expect(sum("sluice_agent_sockets_created_total", ["agent": "default"]) == Double(seen.accepted))
            #expect(sum("sluice_agent_sockets_reused_total", labels) == Double(240 - seen.accepted))
            let open = sum("sluice_agent_sockets", ["agent": "default", "upstream": upstream.url])
            #expect(open == Double(seen.accepted) - sum("sluice_agent_sockets_closed_total", ["agent": "default"]))
            #expect(sum("sluice_agent_sockets_limit", ["upstream": upstream.url]) == 3)
            for name in ["request_duration", "request_first_byte_duration"] {
                #expect(sum("sluice_agent_\(name)_seconds_count", labels) == 240, "\(name)")
                #expect(sum("sluice_agent_\(name)_seconds_bucket", labels.merging(["le": "+Inf"]) { $1 }) == 240)
            }
            #expect(sum("sluice_agent_connect_duration_seconds_count", ["agent": "default"]) == Double(seen.accepted))
            // Six clients for three sockets: some waited.
            #expect(sum("sluice_agent_pending_duration_seconds_count", ["agent": "default"]) > 0)
            if mode == "normal" {
                #expect(seen.accepted == 240 && open == 0)
                #expect(sum("sluice_agent_sockets_closed_total", ["reason": "normalMode"]) == 240)
                #expect(sum("sluice_agent_socket_requests_sum", ["agent": "default"]) == 240)
            } else {
                #expect(seen.accepted <= 3 && seen.accepted == Int(open))
            }
            let listener = ["listener": "127.0.0.1:\(sluice.port)"]
            #expect(sum("sluice_client_requests_total", listener.merging(["code": "200"]) { $1 }) == 240)
            #expect(sum("sluice_client_connections_accepted_total", listener) == 6)
            #expect(sum("sluice_client_request_duration_seconds_count", listener) == 240)
            #expect(sum("sluice_client_bytes_total", listener.merging(["direction": "received"]) { $1 }) > 240 * 30)
        }
    }

    @Test("each listener counts its own clients")
    func listeners() async throws {
        try await onThread {
            let upstream = try ScriptedUpstream()
            let path = "/tmp/sluice-\(UUID().uuidString.prefix(8)).sock"
            defer { unlink(path) }
            let sluice = try SluiceProcess(
                [
                    "serve", "--listen", "127.0.0.1:0", "--listen", "unix:\(path)", "--admin", "127.0.0.1:0",
                    "--upstream", upstream.url,
                ], upstream: upstream)
            for _ in 0..<2 { #expect(try sluice.get("/").status == 200) }
            for _ in 0..<3 {
                let client = try RawClient(path: path)
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try client.readResponse().status == 200)
            }
            let scrape = try sluice.scrape()
            #expect(scrape.sum("sluice_client_requests_total", ["listener": "127.0.0.1:\(sluice.port)"]) == 2)
            #expect(scrape.sum("sluice_client_requests_total", ["listener": "unix:\(path)"]) == 3)
        }
    }

    @Test("stale sockets, broken answers, silence and refusals are counted once each")
    func faults() async throws {
        try await onThread {
            // A second request on a connection is read and not answered.
            let upstream = try ScriptedUpstream { peer in
                guard let request = try peer.readRequest() else { return }
                switch request.target {
                case "/close": return
                case "/silent": return try peer.waitForEnd()
                default: try peer.answer(text: "x")
                }
                _ = try peer.readRequest()
            }
            let sluice = try SluiceProcess.forwarding(
                to: upstream, settings: "timeout: 200ms, maxSockets: 1, maxPending: 0, freeSocketTimeout: 60s",
                more: "threads: 1")
            for _ in 0..<4 { #expect(try sluice.get("/").status == 200) }
            var scrape = try sluice.scrape()
            // The first found no socket, the other three a stale one.
            #expect(scrape.sum("sluice_agent_retries_total", ["kind": "staleSocket"]) == 3)
            #expect(scrape.sum("sluice_agent_sockets_created_total") == 4)
            #expect(scrape.sum("sluice_agent_sockets_reused_total") == 3)
            #expect(upstream.record.current.accepted == 4 && upstream.requests.count == 7)
            #expect(scrape.sum("sluice_agent_errors_total") == 0)

            #expect(try sluice.get("/close").status == 502)
            #expect(try sluice.get("/silent").status == 504)
            let silent = try sluice.connect()
            try silent.send("GET /silent HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try sluice.status { $0.sockets.active.int == 1 }
            #expect(try sluice.get("/").status == 503)
            #expect(try silent.readResponse().status == 504)
            scrape = try sluice.scrape()
            #expect(scrape.sum("sluice_agent_errors_total", ["kind": "closed"]) == 1)
            #expect(scrape.sum("sluice_agent_errors_total", ["kind": "queueFull"]) == 1)
            #expect(scrape.sum("sluice_agent_errors_total") == 2)
            #expect(scrape.sum("sluice_agent_timeouts_total", ["kind": "response"]) == 2)
            #expect(scrape.sum("sluice_agent_timeouts_total") == 2)
            #expect(scrape.sum("sluice_agent_sockets_closed_total", ["reason": "timeout"]) == 2)
            #expect(scrape.sum("sluice_agent_requests_total", ["code": "5xx"]) == 4)
            #expect(scrape.sum("sluice_client_requests_total", ["code": "504"]) == 2)
        }
    }

    @Test("an upstream that nobody listens for is a connect error")
    func connect() async throws {
        try await onThread {
            let port = try LoopbackPort.free()
            let sluice = try SluiceProcess(
                [
                    "serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--upstream",
                    "http://127.0.0.1:\(port)",
                ])
            #expect(try sluice.scrape().sum("sluice_agent_upstream_up") == 1)
            for _ in 0..<10 { #expect(try sluice.get("/").status == 502) }
            let scrape = try sluice.scrape()
            #expect(scrape.sum("sluice_agent_errors_total", ["kind": "connect"]) == 10)
            #expect(scrape.sum("sluice_agent_sockets_closed_total", ["reason": "connectFailed"]) == 10)
            #expect(scrape.sum("sluice_agent_upstream_up") == 0)
        }
    }

    @Test("the history shows what was done, within seconds")
    func history() async throws {
        try await onThread {
            let sluice = try SluiceProcess.twoAgents()
            for _ in 0..<20 { #expect(try sluice.get("/k/0").status == 200) }
            #expect(try sluice.patch("k", #"{"mode":"normal"}"#).status == 200)
            let deadline = ContinuousClock.now + .seconds(10)
            var sum = 0.0
            var json = JSON.null
            repeat {
                json = try sluice.json("/api/v1/history?agent=k&window=60")
                sum = json.agents.k.requests.elements.compactMap(\.number).reduce(0, +)
                // Only paces the asking.
                Thread.sleep(forTimeInterval: 0.05)
            } while sum < 19 && ContinuousClock.now < deadline
            // Rates of slots of a second, give or take what a sample comes late.
            #expect(abs(sum - 20) < 1, "\(sum)")
            #expect(json.agents.k.p50.elements.count == 60)
            #expect(json.changes.elements.map { $0.changes[0].setting.string } == ["mode"])
        }
    }
}

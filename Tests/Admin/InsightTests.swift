import Control
import FoundationEssentials
import MicroHTTPD
import Synchronization
import Testing

@testable import Admin

@Suite("Comparison and advice over the API")
struct InsightTests {
    /// 1,000 requests of each mode, normal's 2 ms later than keep-alive's.
    private static func trial() -> TrialSnapshot {
        var trial = TrialSnapshot(mode: .keepalive, split: 50)
        for index in 0..<2 {
            for place in 0..<1_000 {
                trial.latency[index].record(nanoseconds: UInt64(5_000_000 + 2_000_000 * index + 1_000 * place))
            }
            trial.requests[index] = 1_000
            for _ in 0..<(index == 0 ? 10 : 1_000) { trial.connect[index].record(nanoseconds: 2_000_000) }
            trial.bytesReceived[index] = 7
            trial.bytesSent[index] = 8
        }
        return trial
    }

    @Test("a comparison has the documented shape and the same tag while nothing changes")
    func comparison() async {
        let harness = Harness()
        harness.control.update("k") { $0.settings.split = 50 }
        harness.control.fake.withLock { $0.trials["k"] = Self.trial() }
        let reply = await harness.send("GET", "/api/v1/agents/k/comparison")
        #expect(reply.status == 200)
        let json = reply.json
        #expect(json.names == ["agent", "difference", "mode", "modes", "saved", "sentence", "split", "verdict"])
        #expect(json["agent"] == "k")
        #expect(json["mode"] == "keepalive")
        #expect(json["split"] == .number(50))
        #expect(json["verdict"] == "keepalive")
        #expect(json["sentence"].text?.hasPrefix("keep-alive answers 2.0") == true)
        let normal = json["modes"]["normal"]
        #expect(
            normal.names
                == ["bytesReceived", "bytesSent", "connect", "errors", "latency", "requests", "sockets"])
        #expect(normal["sockets"] == .number(1_000))
        #expect(normal["connect"]["count"] == .number(1_000))
        #expect(abs((normal["connect"]["p50"].double ?? 0) - 0.002) < 0.00001)
        #expect(abs((normal["connect"]["mean"].double ?? 0) - 0.002) < 0.00001)
        #expect(json["modes"]["keepalive"]["latency"].names == ["p50", "p90", "p99"])
        #expect(json["difference"]["p50"].names == ["lower", "upper", "value"])
        #expect(abs((json["difference"]["p50"]["value"].double ?? 0) - 0.002) < 0.0001)
        #expect(json["saved"]["handshakes"] == .number(990))
        #expect(json["saved"]["of"] == .number(1_000))
        #expect(abs((json["saved"]["connectTime"].double ?? 0) - 0.00198) < 0.00001)

        let tag = reply.field("ETag") ?? ""
        #expect(tag.hasPrefix("\"") && tag.count > 2)
        let again = await harness.send("GET", "/api/v1/agents/k/comparison", [("If-None-Match", tag)])
        #expect(again.status == 304)
    }

    @Test("without a split the comparison is off")
    func off() async {
        let json = await Harness().send("GET", "/api/v1/agents/default/comparison").json
        #expect(json["verdict"] == "off")
        #expect(json["modes"] == .null)
        #expect(json["saved"] == .null)
        #expect(json["difference"] == ["p50": .null, "p90": .null, "p99": .null])
    }

    @Test("advice is of three settings, and its patch can be applied as it is")
    func advice() async throws {
        let harness = Harness()
        harness.control.update("k") { agent in
            var reuse = SocketReuseSnapshot()
            reuse.closedIdle = (0..<100).map { 5_000_000_000 + 1_000_000 * $0 }
            // The cell up to 6 s, and times of 10 us at most.
            for (index, edge) in HistogramEdges.nanoseconds.enumerated() where edge == 6_000_000_000 {
                reuse.idle.counts[index] = 100
            }
            reuse.idle.counts[0] = 100_000
            agent.figures.reuse = [reuse]
            agent.figures.closed[CloseReason.upstreamClosedIdle.rawValue] = 100
        }
        let reply = await harness.send("GET", "/api/v1/agents/k/advice")
        #expect(reply.status == 200)
        #expect(reply.field("ETag") != nil)
        #expect(reply.json["agent"] == "k")
        let advice = reply.json["advice"].values
        #expect(advice.map { $0["setting"] } == ["freeSocketTimeout", "maxSockets", "maxFreeSockets"])
        for one in advice {
            #expect(
                one.names == ["confidence", "current", "evidence", "patch", "sentence", "setting", "value"])
            #expect(one["sentence"].text?.isEmpty == false)
            #expect((one["value"] == .null) == (one["patch"] == .null))
        }
        let timeout = try #require(advice.first)
        #expect(timeout["current"] == .number(30))
        #expect(timeout["value"] == .number(4.5))
        #expect(timeout["confidence"] == "high")
        #expect(timeout["evidence"]["closesAtAge"] == .number(100))
        #expect(timeout["patch"] == ["freeSocketTimeout": .number(4.5)])
        let patched = await harness.patch("k", String(decoding: timeout["patch"].encoded(), as: UTF8.self))
        #expect(patched.status == 200)
        let after = await harness.send("GET", "/api/v1/agents/k/advice").json["advice"].values.first
        #expect(after?["value"] == .null)
        #expect(after?["sentence"].text?.hasPrefix("nothing to change") == true)
    }

    @Test("unknown agents, parameters and methods", arguments: ["comparison", "advice"])
    func faults(what: String) async {
        let harness = Harness()
        let unknown = await harness.send("GET", "/api/v1/agents/nobody/\(what)")
        #expect(unknown.status == 404)
        #expect(unknown.problem == "unknown-agent")
        #expect(await harness.send("GET", "/api/v1/agents/k/\(what)?window=1").status == 400)
        let post = await harness.send("POST", "/api/v1/agents/k/\(what)", body: "")
        #expect(post.status == 405)
        #expect(post.field("Allow") == "GET, HEAD, OPTIONS")
        #expect(await harness.send("HEAD", "/api/v1/agents/k/\(what)").status == 200)
    }
}

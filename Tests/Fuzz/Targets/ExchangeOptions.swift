import Control

@testable import DataPlane

/// What world an exchange takes place in, a letter each:
///
/// n: the agent opens a connection for each request; f: X-Forwarded-* is replaced; r: short receives; a: receives that
/// find nothing; s: short sends; w: a small window; l: latency; c: slow connects; x: refused connects; o: resets
/// overtake; 1: one socket at most; h: small heads only; b: small bodies only; k: CONNECT is
/// forwarded; p: no client is believed; digits 2 to 9: the seed.
struct ExchangeOptions {
    private(set) var faults = Faults()
    private(set) var configuration: Configuration
    private(set) var seed: UInt64 = 1

    static let port: UInt16 = 9001

    init() {
        faults.latencyMax = 0
        configuration = Configuration()
        var settings = AgentSettings(upstream: UpstreamURL(address: .tcp(host: "127.0.0.1", port: Self.port)))
        settings.timeout = .seconds(2)
        settings.connectTimeout = .milliseconds(200)
        settings.pendingTimeout = .milliseconds(500)
        settings.freeSocketTimeout = .milliseconds(500)
        settings.maxSockets = 4
        configuration.agents = [.init(name: "default", settings: settings)]
        configuration.client.headTimeout = .seconds(1)
        configuration.client.bodyTimeout = .seconds(1)
        configuration.client.idleTimeout = .seconds(1)
        configuration.client.continueTimeout = .milliseconds(300)
        configuration.client.tunnelTimeout = .seconds(2)
    }

    /// Sets what `letters` say; unknown ones say nothing.
    mutating func add(_ letters: [UInt8]) {
        for letter in letters {
            switch letter {
            case UInt8(ascii: "n"): configuration.agents[0].settings.mode = .normal
            case UInt8(ascii: "f"): configuration.forwarded = .replace
            case UInt8(ascii: "r"): faults.shortReceive = 400
            case UInt8(ascii: "a"): faults.receiveAgain = 200
            case UInt8(ascii: "s"): faults.shortSend = 400
            case UInt8(ascii: "w"): faults.window = 2000
            case UInt8(ascii: "l"): faults.latencyMax = 300_000
            case UInt8(ascii: "c"): faults.slowConnect = 1000
            case UInt8(ascii: "x"): faults.refusedConnect = 1000
            case UInt8(ascii: "o"): faults.resetOvertakes = 500
            case UInt8(ascii: "1"): configuration.agents[0].settings.maxSockets = 1
            case UInt8(ascii: "h"): configuration.client.maxHeadSize = 256
            case UInt8(ascii: "b"): configuration.client.maxBodySize = 16
            case UInt8(ascii: "k"): configuration.connect = .forward
            case UInt8(ascii: "p"): configuration.trustedProxies = []
            case UInt8(ascii: "2")...UInt8(ascii: "9"): seed = UInt64(letter)
            default: break
            }
        }
    }
}

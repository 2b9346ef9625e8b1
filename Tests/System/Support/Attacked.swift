import Testing
import TestSupport

/// A proxy that is about to be attacked, and somebody else who uses it meanwhile.
///
/// Paths under `/bystander` go to an upstream of their own that behaves; all others to the test's.
final class Attacked: Sendable {
    /// The proxy.
    let sluice: SluiceProcess
    /// The upstream of the attack.
    let upstream: ScriptedUpstream
    /// The client that behaves.
    let bystander: Bystander
    private let calm: ScriptedUpstream

    /// Starts everything, and sees the bystander served.
    ///
    /// - Parameters:
    ///   - upstream: The upstream of the attack.
    ///   - settings: Of the agent of the attack, as in ``SluiceProcess/forwarding(to:settings:client:more:)``.
    ///   - descriptorsMax: How many file descriptors the proxy may have (RLIMIT_NOFILE); nil for as many as here.
    init(
        _ upstream: ScriptedUpstream, settings: String = "maxSockets: 256", client: String = "", more: String = "",
        descriptorsMax: Int? = nil
    ) throws {
        self.upstream = upstream
        calm = try ScriptedUpstream(ScriptedUpstream.always("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ncalm"))
        sluice = try SluiceProcess.configured(
            """
            client: {\(client)}
            agents:
              default: {upstream: "\(upstream.url)", \(settings)}
              calm: {upstream: "\(calm.url)"}
            routes:
              - {prefix: /bystander, agent: calm}
              - {prefix: /, agent: default}
            \(more)
            """, descriptorsMax: descriptorsMax, upstream: upstream)
        bystander = Bystander(port: sluice.port)
        #expect(bystander.isServed())
    }

    /// Ends the bystander, checks that all its requests were answered, and that nothing is left of the attack.
    func expectUnharmed(sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(bystander.isServed(), sourceLocation: sourceLocation)
        #expect(bystander.end().failures == [], sourceLocation: sourceLocation)
        try sluice.expectQuiet(sourceLocation: sourceLocation)
    }
}

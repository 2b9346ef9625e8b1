/// Why an upstream socket was closed: the same words in the API, the metrics, the page and the log.
package enum CloseReason: Int, Sendable, CaseIterable {
    case normalMode
    case freeSocketTimeout
    case socketActiveTTL
    case maxRequestsPerSocket
    case upstreamClosedIdle
    /// The upstream said `Connection: close`, or ended its response by closing.
    case upstreamClose
    case timeout
    case connectFailed
    case reset
    case protocolError
    case clientGone
    case maxFreeSockets
    case modeSwitch
    case drain
    case `operator`
    case upstreamRemoved

    /// The word for it.
    package var name: String { "\(self)" }
}

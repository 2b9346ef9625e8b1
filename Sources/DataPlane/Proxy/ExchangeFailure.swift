import Control

/// Why an exchange did not end with the upstream's own answer.
enum ExchangeFailure: Error, Equatable {
    /// The client left; nobody is there to be answered.
    case clientGone
    /// The request's body broke the rules or a limit.
    case badRequest(HTTP1Error)
    case bodyTooLarge
    case headTimeout
    case clientBodyTimeout
    case noRoute
    /// The agent takes no new requests.
    case draining
    case connectUnsupported
    case connectWithContent
    /// The request has been here before.
    case loop
    case queueFull
    case pendingTimeout
    case connectFailed(SystemError)
    case connectTimeout
    case responseTimeout
    /// Within the response's body: the client's connection is cut.
    case bodyTimeout
    case closedBeforeResponse
    case reset
    case badResponse(HTTP1Error)
    /// The upstream switched protocols without being asked.
    case unaskedUpgrade
    case tooManyInterims
    /// The response ended before its end.
    case truncatedResponse

    /// The status of the answer that is made here.
    var status: UInt16 {
        switch self {
        case .badRequest(let error): error.status
        case .connectWithContent: 400
        case .noRoute: 404
        case .headTimeout, .clientBodyTimeout: 408
        case .bodyTooLarge: 413
        case .connectUnsupported: 501
        case .loop: 508
        case .draining, .queueFull, .pendingTimeout: 503
        // The queue of a Unix socket that is full says that it would have to wait.
        case .connectFailed(let error): error.isExhaustion || error.isAgain ? 503 : 502
        case .connectTimeout, .responseTimeout, .bodyTimeout: 504
        case .clientGone, .closedBeforeResponse, .reset, .badResponse, .unaskedUpgrade, .tooManyInterims,
            .truncatedResponse:
            502
        }
    }

    /// The last part of the answer's `type`: a closed set.
    var label: StaticString {
        switch self {
        case .clientGone: "client-gone"
        case .badRequest(let error): error.label
        case .noRoute: "no-route"
        case .draining: "agent-draining"
        case .headTimeout, .clientBodyTimeout: "request-timeout"
        case .bodyTooLarge: "body-too-large"
        case .connectUnsupported: "connect-not-supported"
        case .connectWithContent: "connect-with-content"
        case .loop: "loop-detected"
        case .queueFull: "queue-full"
        case .pendingTimeout: "queue-timeout"
        case .connectFailed: "upstream-connect-failed"
        case .connectTimeout: "upstream-connect-timeout"
        case .responseTimeout: "upstream-timeout"
        case .bodyTimeout: "upstream-body-timeout"
        case .closedBeforeResponse: "upstream-closed"
        case .reset: "upstream-reset"
        case .badResponse, .unaskedUpgrade, .tooManyInterims: "upstream-bad-response"
        case .truncatedResponse: "upstream-truncated-response"
        }
    }

    /// One sentence for people.
    var detail: StaticString {
        switch self {
        case .clientGone: "The client left."
        case .badRequest(let error): error.detail
        case .noRoute: "No route matches this host and path."
        case .draining: "The agent for this request is drained and takes no new ones."
        case .headTimeout: "The request's head did not arrive in time."
        case .clientBodyTimeout: "The request's body did not arrive in time."
        case .bodyTooLarge: "The request's body is larger than this proxy takes."
        case .connectUnsupported: "This proxy opens no tunnels."
        case .connectWithContent: "A CONNECT request must have no content."
        case .loop: "Via names this proxy already; proxies behind each other need names of their own."
        case .queueFull: "Too many requests wait for a socket to the upstream."
        case .pendingTimeout: "No socket to the upstream became free in time."
        case .connectFailed: "The upstream could not be connected to."
        case .connectTimeout: "The upstream did not accept the connection in time."
        case .responseTimeout: "The upstream did not answer in time."
        case .bodyTimeout: "The upstream's response stopped coming."
        case .closedBeforeResponse: "The upstream closed the connection without an answer."
        case .reset: "The upstream reset the connection."
        case .badResponse(let error): error.detail
        case .unaskedUpgrade: "The upstream switched protocols without being asked to."
        case .tooManyInterims: "The upstream sent interim responses without end."
        case .truncatedResponse: "The upstream's response ended before its end."
        }
    }

    /// How the socket's end is counted.
    var closeReason: CloseReason {
        switch self {
        case .clientGone, .badRequest, .bodyTooLarge, .headTimeout, .clientBodyTimeout, .noRoute, .draining,
            .connectUnsupported, .connectWithContent, .loop, .queueFull, .pendingTimeout:
            .clientGone
        case .connectFailed, .connectTimeout: .connectFailed
        case .responseTimeout, .bodyTimeout: .timeout
        case .closedBeforeResponse, .truncatedResponse: .upstreamClose
        case .reset: .reset
        case .badResponse, .unaskedUpgrade, .tooManyInterims: .protocolError
        }
    }

    /// Whether the upstream gave no sign of life.
    var isSilence: Bool {
        switch self {
        case .connectTimeout, .responseTimeout: true
        // What this side has run out of says nothing of the other.
        case .connectFailed(let error): !error.isExhaustion
        default: false
        }
    }

    /// Whether the upstream was at fault: not the client, nor the limits and the means of this side.
    var isUpstreams: Bool {
        switch self {
        case .clientGone, .badRequest, .bodyTooLarge, .headTimeout, .clientBodyTimeout, .noRoute, .draining,
            .connectUnsupported, .connectWithContent, .loop, .queueFull, .pendingTimeout:
            false
        case .connectFailed(let error): !error.isExhaustion
        case .connectTimeout, .responseTimeout, .bodyTimeout, .closedBeforeResponse, .reset, .badResponse,
            .unaskedUpgrade, .tooManyInterims, .truncatedResponse:
            true
        }
    }

    /// Counts the failure among the agent's errors or time-outs; what the client did wrong is neither.
    func count(in counters: AgentCounters) {
        func error(_ kind: AgentErrorKind) { counters.errors[kind.rawValue].add() }
        func timeout(_ kind: AgentTimeoutKind) { counters.timeouts[kind.rawValue].add() }
        switch self {
        case .clientGone, .badRequest, .bodyTooLarge, .headTimeout, .clientBodyTimeout, .noRoute, .draining,
            .connectUnsupported, .connectWithContent, .loop:
            break
        case .queueFull: error(.queueFull)
        case .connectFailed(let reason): error(reason.isExhaustion ? .resources : .connect)
        case .closedBeforeResponse, .truncatedResponse: error(.closed)
        case .reset: error(.reset)
        case .badResponse, .unaskedUpgrade, .tooManyInterims: error(.protocolError)
        case .pendingTimeout: timeout(.pending)
        case .connectTimeout: timeout(.connect)
        case .responseTimeout: timeout(.response)
        case .bodyTimeout: timeout(.body)
        }
    }
}

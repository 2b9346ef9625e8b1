/// What the answers that are made here say in `Proxy-Status` (RFC 9209).
extension ExchangeFailure {
    /// The proxy error type: a name of the registry that RFC 9209, section 2.3 begins.
    var proxyError: StaticString {
        switch self {
        case .badRequest, .bodyTooLarge, .headTimeout, .clientBodyTimeout, .connectUnsupported,
            .connectWithContent, .clientGone:
            "http_request_error"
        case .noRoute: "destination_not_found"
        case .draining: "destination_unavailable"
        case .loop: "proxy_loop_detected"
        case .queueFull, .pendingTimeout: "connection_limit_reached"
        case .connectFailed(let error): error.proxyError
        case .connectTimeout: "connection_timeout"
        case .responseTimeout, .bodyTimeout: "http_response_timeout"
        case .closedBeforeResponse, .reset: "connection_terminated"
        case .badResponse(let error): error.proxyError
        case .unaskedUpgrade: "http_upgrade_failed"
        case .tooManyInterims: "http_protocol_error"
        case .truncatedResponse: "http_response_incomplete"
        }
    }
}

extension SystemError {
    fileprivate var proxyError: StaticString {
        if isExhaustion { return "proxy_internal_error" }
        if isRefusal { return "connection_refused" }
        return isUnreachable ? "destination_ip_unroutable" : "connection_terminated"
    }
}

extension HTTP1Error {
    // As a response has it.
    fileprivate var proxyError: StaticString {
        switch self {
        case .headTooLarge, .tooManyFields: "http_response_header_section_size"
        case .trailersTooLarge: "http_response_trailer_section_size"
        case .unknownTransferCoding, .invalidTransferEncoding: "http_response_transfer_coding"
        default: "http_protocol_error"
        }
    }
}

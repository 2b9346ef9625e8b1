internal import CMicroHTTPD

/// A request that is answered here, before any handler sees it; its connection is closed afterwards, because what
/// follows on it cannot be trusted.
struct Refusal: Error {
    let status: Int
    /// What is wrong, in words. Printable ASCII without quotes, as it is put into JSON as it is.
    let detail: StaticString

    static func badRequest(_ detail: StaticString) -> Refusal { Refusal(status: 400, detail: detail) }

    static let bodyTooLarge = Refusal(status: 413, detail: "the content is larger than this server takes")
    static let noRoom = Refusal(status: 503, detail: "too much is being sent and received at this moment")
    static let stopping = Refusal(status: 503, detail: "the server is stopping")

    /// A problem document (RFC 9457): the type `about:blank` means that the status says it all (section 4.2.1).
    var response: Response {
        let title = MHD_get_reason_phrase_for(UInt32(status)).map { String(cString: $0) } ?? "Error"
        let text = #"{"type":"about:blank","title":"\#(title)","status":\#(status),"detail":"\#(detail)"}"#
        let again = status == 503 ? [("Retry-After", "1")] : []
        return Response(
            status: status, fields: [("Content-Type", "application/problem+json"), ("Connection", "close")] + again,
            body: .bytes(Array((text + "\n").utf8)))
    }
}

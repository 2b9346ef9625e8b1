/// Reads a Proxy-Status field (RFC 9209) by the grammar of structured fields (RFC 8941), strictly.
///
/// A list of items; an item is a token or a string with parameters: `sluice; error=http_protocol_error; details="…"`.
struct ProxyStatusReader {
    /// One member of the list.
    struct Member: Sendable, Equatable {
        /// Who says so.
        let name: String
        /// What: tokens as they are, strings without their quotes, numbers and booleans as written.
        let parameters: [String: String]
    }

    private var rest: Substring.UTF8View

    /// Reads the value of the field, several lines joined by ", ".
    static func read(_ text: String) throws(WireError) -> [Member] {
        guard text.utf8.allSatisfy({ $0 < 0x7F && $0 >= 0x20 }) else { throw WireError("no ASCII: \(text)") }
        var reader = ProxyStatusReader(rest: text[...].utf8)
        var members: [Member] = []
        while true {
            members.append(try reader.member())
            reader.skipSpace()
            guard let byte = reader.rest.first else { return members }
            guard byte == UInt8(ascii: ",") else { throw WireError("no comma in \(text)") }
            reader.rest.removeFirst()
            reader.skipSpace()
        }
    }

    /// What is wrong with the members that a proxy called `name` wrote about itself, in words.
    static func failures(_ text: String, name: String, error: [String]) -> [String] {
        do throws(WireError) {
            // RFC 9209, section 2: each intermediary adds a member; the last is the nearest to the client.
            guard let member = try read(text).last, member.name == name else { return ["not from \(name): \(text)"] }
            guard let type = member.parameters["error"] else { return ["no error in \(text)"] }
            guard types.contains(type) else { return ["no registered error type: \(type)"] }
            return error.isEmpty || error.contains(type) ? [] : ["the error is \(type), not \(error)"]
        } catch { return ["no Proxy-Status: \(error)"] }
    }

    /// The registered error types, RFC 9209, section 2.3.
    static let types: Set = [
        "dns_timeout", "dns_error", "destination_not_found", "destination_unavailable", "destination_ip_prohibited",
        "destination_ip_unroutable", "connection_refused", "connection_terminated", "connection_timeout",
        "connection_read_timeout", "connection_write_timeout", "connection_limit_reached", "tls_protocol_error",
        "tls_certificate_error", "tls_alert_received", "http_request_error", "http_request_denied",
        "http_response_incomplete", "http_response_header_section_size", "http_response_header_size",
        "http_response_body_size", "http_response_trailer_section_size", "http_response_trailer_size",
        "http_response_transfer_coding", "http_response_content_coding", "http_response_timeout",
        "http_upgrade_failed", "http_protocol_error", "proxy_internal_response", "proxy_internal_error",
        "proxy_configuration_error", "proxy_loop_detected",
    ]

    // MARK: - Grammar

    private mutating func skipSpace() { rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") } }

    private mutating func take(_ byte: Character) -> Bool {
        guard let wanted = byte.asciiValue, rest.first == wanted else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func member() throws(WireError) -> Member {
        // RFC 9209, section 2: the member is a string or a token.
        guard let first = rest.first, first == UInt8(ascii: "\"") || first == UInt8(ascii: "*") || Self.isAlpha(first)
        else { throw WireError("a member is neither a string nor a token") }
        let name = try item()
        var parameters: [String: String] = [:]
        while take(";") {
            rest = rest.drop { $0 == UInt8(ascii: " ") }
            let key = text(rest.prefix { Self.isLower($0) || Self.isDigit($0) || "_-.*".utf8.contains($0) })
            guard let lead = key.utf8.first, Self.isLower(lead) || lead == UInt8(ascii: "*") else {
                throw WireError("no parameter name")
            }
            rest.removeFirst(key.utf8.count)
            guard parameters[key] == nil else { throw WireError("\(key) twice") }
            parameters[key] = take("=") ? try item() : "?1"
        }
        return Member(name: name, parameters: parameters)
    }

    private mutating func item() throws(WireError) -> String {
        guard let first = rest.first else { throw WireError("nothing where an item should be") }
        if first == UInt8(ascii: "\"") { return try string() }
        let isToken = Self.isAlpha(first) || first == UInt8(ascii: "*")
        guard isToken || Self.isDigit(first) || "-?".utf8.contains(first) else { throw WireError("no item") }
        let marks = isToken ? "!#$%&'*+-.^_`|~:/" : "-?."
        let value = text(
            rest.prefix { Self.isDigit($0) || (isToken && Self.isAlpha($0)) || marks.utf8.contains($0) })
        rest.removeFirst(value.utf8.count)
        let isNumber = isToken || value == "?0" || value == "?1" || Double(value) != nil
        guard isNumber else { throw WireError("no item: \(value)") }
        return value
    }

    private mutating func string() throws(WireError) -> String {
        rest.removeFirst()
        var value: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") { return String(decoding: value, as: UTF8.self) }
            if byte == UInt8(ascii: "\\") {
                guard let next = rest.popFirst(), "\"\\".utf8.contains(next) else { throw WireError("a bad escape") }
                value.append(next)
            } else {
                value.append(byte)
            }
        }
        throw WireError("a string without an end")
    }

    private func text(_ bytes: Substring.UTF8View) -> String { String(Substring(bytes)) }

    private static func isLower(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }

    private static func isAlpha(_ byte: UInt8) -> Bool { isLower(byte | 0x20) }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}

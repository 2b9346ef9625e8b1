/// A request's head as it goes upstream (RFC 9112, section 3; RFC 9110, section 7.6).
///
/// Lines that are kept go in runs: one copy for all that lie behind each other, in the usual head one for everything
/// from the method to the last field.
extension RequestHead {
    /// Bytes that rewriting may add beside those of `via`, the client's address and the authorities: the fixed text
    /// of all lines that it can add.
    private static let fixedTextMax = 160

    /// The most that `write` may add to the head's own length.
    func sizeAddedMax(rules: RequestRules, client: Int, defaultAuthority: Int) -> Int {
        RequestHead.fixedTextMax + rules.via.minor1.count + client + 2 * authority.count + defaultAuthority
    }

    /// Writes the head for the upstream behind what `buffer` holds.
    ///
    /// - Parameters:
    ///   - bytes: The bytes that were parsed.
    ///   - client: The client's address as text; empty when it has none.
    ///   - stripPrefix: How many bytes are taken off the front of the path.
    ///   - defaultAuthority: Host and port of the upstream, for a request that names none.
    ///   - isLast: Whether the connection carries no request after this one, and the upstream is told so.
    /// - Returns: False when it may not fit; nothing was written then.
    func write(
        _ bytes: RawSpan, to buffer: inout Buffer, rules: RequestRules, client: RawSpan, stripPrefix: Int,
        defaultAuthority: RawSpan, isLast: Bool = false
    ) -> Bool {
        let added = sizeAddedMax(rules: rules, client: client.byteCount, defaultAuthority: defaultAuthority.byteCount)
        guard fieldsEnd + added <= buffer.room else { return false }
        let written = buffer.fill { memory in
            guard var writer = HeadWriter(memory) else { return 0 }
            writeAll(
                bytes, to: &writer, rules: rules, client: client, stripPrefix: stripPrefix,
                defaultAuthority: defaultAuthority, isLast: isLast)
            return writer.count
        }
        return written > 0
    }

    @inline(__always)
    private func writeAll(
        _ bytes: RawSpan, to writer: inout HeadWriter, rules: RequestRules, client: RawSpan, stripPrefix: Int,
        defaultAuthority: RawSpan, isLast: Bool
    ) {
        var runStart = writeLine(bytes, to: &writer, stripPrefix: stripPrefix)
        if !section.meaning.seen.contains(.host) {
            writer.append(bytes, runStart, fieldsStart)
            runStart = fieldsStart
            writer.append("Host: ")
            if authority.isEmpty { writer.append(defaultAuthority) } else { writer.append(bytes, authority) }
            writer.append("\r\n")
        }
        let passesUpgrade = rules.passUpgrade && upgrade
        if needsEachField(rules.forwarded) {
            runStart = writeFields(
                bytes, to: &writer, from: runStart, forwarded: rules.forwarded, client: client,
                passesUpgrade: passesUpgrade)
        }
        writer.append(bytes, runStart, fieldsEnd)
        if passesUpgrade {
            writer.append("Connection: upgrade\r\n")
        } else if isLast {
            writer.append("Connection: close\r\n")
        }
        rules.via.append(to: &writer, minor: versionMinor)
        if rules.forwarded != .leave { writeForwarded(bytes, to: &writer, rules.forwarded, client: client) }
        writer.append("\r\n")
    }

    /// Writes what differs of the request line; returns where the run begins that is still to be copied.
    @inline(__always)
    private func writeLine(_ bytes: RawSpan, to writer: inout HeadWriter, stripPrefix: Int) -> Int {
        var runStart = Int(methodRange.start)
        if targetForm == .absolute || stripPrefix > 0 {
            runStart = writeTarget(bytes, to: &writer, stripPrefix: stripPrefix)
        }
        if isVersionLiteral { return runStart }
        writer.append(bytes, runStart, Int(target.end))
        writer.append(" HTTP/1.1\r\n")
        return fieldsStart
    }

    /// Writes method, blank and what must stand before the rest of the path; returns where that rest begins.
    private func writeTarget(_ bytes: RawSpan, to writer: inout HeadWriter, stripPrefix: Int) -> Int {
        guard targetForm == .origin || targetForm == .absolute else { return Int(methodRange.start) }
        writer.append(bytes, methodRange)
        writer.append(" ")
        let rest = Int(path.start) + min(max(stripPrefix, 0), path.count)
        if path.isEmpty, targetForm == .absolute, method == .options {
            // For the server itself (RFC 9112, section 3.2.4).
            writer.append("*")
        } else if rest == Int(path.end) || bytes.byte(rest) != UInt8(ascii: "/") {
            writer.append("/")
        }
        return rest
    }

    /// Whether some line may not go on as it is.
    @inline(__always)
    private func needsEachField(_ forwarded: RequestRules.Forwarded) -> Bool {
        if section.meaning.seen.contains(.hopByHop) || versionMinor == 0 && section.meaning.seen.contains(.expect) {
            return true
        }
        return switch forwarded {
        case .leave: false
        case .append: section.meaning.seen.contains(.forwardedFor)
        case .replace:
            !section.meaning.seen.isDisjoint(with: [.forwardedFor, .forwardedProto, .forwardedHost, .forwarded])
        }
    }

    /// Writes all kept lines but for the last run; returns where that one begins.
    private func writeFields(
        _ bytes: RawSpan, to writer: inout HeadWriter, from start: Int, forwarded: RequestRules.Forwarded,
        client: RawSpan, passesUpgrade: Bool
    ) -> Int {
        var runStart = start
        for index in 0..<section.count {
            let field = section[index]
            if field.kind == .other && !field.isHopByHop { continue }
            if isDropped(field, forwarded, passesUpgrade: passesUpgrade) {
                let line = field.line
                if runStart < Int(line.start) { writer.append(bytes, runStart, Int(line.start)) }
                runStart = Int(line.end)
            } else if field.kind == .xForwardedFor, forwarded == .append, index == section.meaning.lastForwardedFor,
                client.byteCount > 0
            {
                writer.append(bytes, runStart, Int(field.value.end))
                if !field.value.isEmpty { writer.append(", ") }
                writer.append(client)
                runStart = Int(field.value.end)
            }
        }
        return runStart
    }

    @inline(__always)
    private func isDropped(_ field: Field, _ forwarded: RequestRules.Forwarded, passesUpgrade: Bool) -> Bool {
        if field.isHopByHop { return !(passesUpgrade && field.kind == .upgrade) }
        return switch field.kind {
        case .xForwardedFor, .xForwardedProto, .xForwardedHost, .forwarded: forwarded == .replace
        // An HTTP/1.0 client cannot be told to continue, so nobody may wait for it.
        case .expect: versionMinor == 0
        default: false
        }
    }

    /// Writes the X-Forwarded lines that are not there or were dropped.
    @inline(__always)
    private func writeForwarded(
        _ bytes: RawSpan, to writer: inout HeadWriter, _ forwarded: RequestRules.Forwarded, client: RawSpan
    ) {
        let came = forwarded == .append ? section.meaning.seen : []
        if client.byteCount > 0, !came.contains(.forwardedFor) {
            writer.append("X-Forwarded-For: ")
            writer.append(client)
            writer.append("\r\n")
        }
        if !came.contains(.forwardedProto) { writer.append("X-Forwarded-Proto: http\r\n") }
        if !authority.isEmpty, !came.contains(.forwardedHost) {
            writer.append("X-Forwarded-Host: ")
            writer.append(bytes, authority)
            writer.append("\r\n")
        }
    }
}

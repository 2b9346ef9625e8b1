/// A request's head as it goes upstream (RFC 9112, section 3; RFC 9110, section 7.6).
///
/// Lines that are kept go in runs: one copy for all that lie behind each other, in the usual head one for everything
/// from the method to the last field.
extension RequestHead {
    /// Bytes that rewriting may add beside those of `via`, the client's address and the authorities: the fixed text
    /// of all lines that it can add to one head, and a slash or asterisk for an empty path.
    ///
    /// The empty line, which `fieldsEnd` does not count, is in it. `Connection: close` is shorter than what stands in
    /// for it, a number of Max-Forwards never gets longer, and neither does a version. A protocol's name that is
    /// written again was on a line that is left out, with a separator or the line's end behind it; so each one adds
    /// at most the blank behind its comma.
    private static var fixedTextMax: Int {
        HeadWriter.size("/Host: \r\nConnection: upgrade\r\nUpgrade: \r\n") + UpgradeSet.countMax
            + HeadWriter.size("X-Forwarded-For: \r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: \r\n")
            + HeadWriter.size("Forwarded: \r\n\r\n") + ForwardedField.fixedTextMax
    }

    /// The most that `write` may add to the head's own length: the client's address stands in two lines, the
    /// authority in two, and it or the default one in a Host line.
    func sizeAddedMax(rules: RequestRules, client: Int, defaultAuthority: Int) -> Int {
        RequestHead.fixedTextMax + rules.via.minor1.count + 2 * client + 3 * authority.count + defaultAuthority
    }

    /// Writes the head for the upstream behind what `buffer` holds.
    ///
    /// - Parameters:
    ///   - bytes: The bytes that were parsed.
    ///   - client: The client's address as text; empty when it has none.
    ///   - stripPrefix: How many bytes are taken off the front of the path.
    ///   - defaultAuthority: Host and port of the upstream, for a request that names none.
    ///   - isLast: Whether the connection carries no request after this one, and the upstream is told so. It is not
    ///     told with an upgrade, since the connection goes on then.
    ///   - isTrusted: Whether the client's forwarding fields are believed; else `append` does what `replace` does.
    ///   - passing: The protocols of the rules that the upstream is asked for, out of those that `upgrades` found;
    ///     with none the request goes on as a plain one.
    /// - Returns: False when it may not fit; nothing was written then.
    func write(
        _ bytes: RawSpan, to buffer: inout Buffer, rules: RequestRules, client: RawSpan, stripPrefix: Int,
        defaultAuthority: RawSpan, isLast: Bool = false, isTrusted: Bool, passing: UpgradeSet
    ) -> Bool {
        let added = sizeAddedMax(rules: rules, client: client.byteCount, defaultAuthority: defaultAuthority.byteCount)
        guard fieldsEnd + added <= buffer.room else { return false }
        let written = buffer.fill { memory in
            guard var writer = HeadWriter(memory) else { return 0 }
            writeAll(
                bytes, to: &writer, rules: rules, client: client, stripPrefix: stripPrefix,
                defaultAuthority: defaultAuthority, isLast: isLast, isTrusted: isTrusted, passing: passing)
            return writer.count
        }
        return written > 0
    }

    @inline(__always)
    private func writeAll(
        _ bytes: RawSpan, to writer: inout HeadWriter, rules: RequestRules, client: RawSpan, stripPrefix: Int,
        defaultAuthority: RawSpan, isLast: Bool, isTrusted: Bool, passing: UpgradeSet
    ) {
        var runStart = writeLine(bytes, to: &writer, stripPrefix: stripPrefix)
        if !section.meaning.seen.contains(.host) {
            writer.append(bytes, runStart, fieldsStart)
            runStart = fieldsStart
            writer.append("Host: ")
            if authority.isEmpty { writer.append(defaultAuthority) } else { writer.append(bytes, authority) }
            writer.append("\r\n")
        }
        let forwarding = Forwarding(bytes, self, rules.forwarded, isTrusted: isTrusted)
        if needsEachField(forwarding.mode) {
            runStart = writeFields(bytes, to: &writer, from: runStart, forwarding: forwarding, client: client)
        }
        writer.append(bytes, runStart, fieldsEnd)
        if !passing.isEmpty {
            writeUpgrade(bytes, to: &writer, passing, of: rules.upgrades)
        } else if isLast {
            writer.append("Connection: close\r\n")
        }
        rules.via.append(to: &writer, minor: versionMinor)
        if forwarding.mode != .leave { writeForwarded(bytes, to: &writer, forwarding, client: client) }
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
        let seen = section.meaning.seen
        if seen.contains(.hopByHop) || versionMinor == 0 && seen.contains(.expect) { return true }
        if seen.contains(.maxForwards), heedsMaxForwards { return true }
        return switch forwarded {
        case .leave: false
        case .append: !seen.isDisjoint(with: [.forwardedFor, .forwarded])
        case .replace: !seen.isDisjoint(with: [.xForwarded, .forwarded])
        }
    }

    /// Writes all kept lines but for the last run; returns where that one begins.
    private func writeFields(
        _ bytes: RawSpan, to writer: inout HeadWriter, from start: Int, forwarding: Forwarding, client: RawSpan
    ) -> Int {
        var runStart = start
        for index in 0..<section.count {
            let field = section[index]
            if field.kind == .other && !field.isHopByHop { continue }
            if isDropped(field, forwarding) {
                let line = field.line
                if runStart < Int(line.start) { writer.append(bytes, runStart, Int(line.start)) }
                runStart = Int(line.end)
            } else if forwarding.appends(to: field.kind, at: index, client: client, section.meaning) {
                writer.append(bytes, runStart, Int(field.value.end))
                if !field.value.isEmpty { writer.append(", ") }
                if field.kind == .forwarded {
                    ForwardedField.write(bytes, host: authority, to: &writer, client: client)
                } else {
                    writer.append(client)
                }
                runStart = Int(field.value.end)
            } else if field.kind == .maxForwards, heedsMaxForwards, case .count(let count) = maxForwards(bytes) {
                writer.append(bytes, runStart, Int(field.value.start))
                // A request that has zero is answered here, and never gets so far.
                writer.append(max(count, 1) - 1)
                runStart = Int(field.value.end)
            }
        }
        return runStart
    }

    @inline(__always)
    private func isDropped(_ field: Field, _ forwarding: Forwarding) -> Bool {
        if field.isHopByHop { return true }
        return switch field.kind {
        case .xForwardedFor, .xForwardedProto, .xForwardedHost: forwarding.mode == .replace
        case .forwarded: forwarding.mode != .leave && !forwarding.came.contains(.forwarded)
        // An HTTP/1.0 client cannot be told to continue, so nobody may wait for it.
        case .expect: versionMinor == 0
        default: false
        }
    }

    /// Asks for the protocols of `passing` in the order and the spelling of the client, each once (RFC 9110, section
    /// 7.8).
    private func writeUpgrade(
        _ bytes: RawSpan, to writer: inout HeadWriter, _ passing: UpgradeSet, of protocols: [[UInt8]]
    ) {
        writer.append("Connection: upgrade\r\nUpgrade: ")
        var written: UpgradeSet = []
        for index in 0..<section.count where section[index].kind == .upgrade {
            var elements = ListElements(section[index].value)
            while let element = elements.next(bytes) {
                let one = FieldSection.upgrade(bytes, element, among: protocols).intersection(passing)
                if one.isEmpty || written.contains(one) { continue }
                if !written.isEmpty { writer.append(", ") }
                writer.append(bytes, element)
                written.formUnion(one)
            }
        }
        writer.append("\r\n")
    }

    /// Writes the X-Forwarded and Forwarded lines that are not there or were dropped.
    @inline(__always)
    private func writeForwarded(
        _ bytes: RawSpan, to writer: inout HeadWriter, _ forwarding: Forwarding, client: RawSpan
    ) {
        let came = forwarding.came
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
        if forwarding.hasOwnLine {
            writer.append("Forwarded: ")
            ForwardedField.write(bytes, host: authority, to: &writer, client: client)
            writer.append("\r\n")
        }
    }
}

/// What becomes of the forwarding fields of one request.
private struct Forwarding {
    /// What is done: `append` only for a client that is believed.
    let mode: RequestRules.Forwarded
    /// What came and goes on, less Forwarded lines of which one is broken: an open quote in one would swallow what
    /// stands in the next.
    let came: FieldMeaning.Seen

    @inline(__always)
    init(
        _ bytes: RawSpan, _ head: borrowing RequestHead, _ forwarded: RequestRules.Forwarded, isTrusted: Bool
    ) {
        mode = forwarded == .append && !isTrusted ? .replace : forwarded
        let seen = mode == .append ? head.section.meaning.seen : []
        came = seen.contains(.forwarded) && !Forwarding.isValid(bytes, head) ? seen.subtracting(.forwarded) : seen
    }

    private static func isValid(_ bytes: RawSpan, _ head: borrowing RequestHead) -> Bool {
        for field in head.fields where field.kind == .forwarded {
            guard ForwardedField.isValid(bytes, field.value) else { return false }
        }
        return true
    }

    /// Whether Forwarded gets a line of ours, where there is none to add to: to go with X-Forwarded lines that are all
    /// ours. Beside X-Forwarded lines that came it would say less than they do.
    var hasOwnLine: Bool { came.isDisjoint(with: [.forwarded, .xForwarded]) }

    /// Whether the field at `index` is the one that our value is put behind.
    @inline(__always)
    func appends(to kind: FieldKind, at index: Int, client: RawSpan, _ meaning: FieldMeaning) -> Bool {
        guard mode == .append else { return false }
        return switch kind {
        case .xForwardedFor: index == meaning.lastForwardedFor && client.byteCount > 0
        case .forwarded: index == meaning.lastForwarded
        default: false
        }
    }
}

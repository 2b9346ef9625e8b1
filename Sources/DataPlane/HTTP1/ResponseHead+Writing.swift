/// A response's head as it goes to the client (RFC 9112, section 4; RFC 9110, section 7.6).
extension ResponseHead {
    /// Bytes that rewriting may add beside Via and Date: the blank behind the status, and the fixed text of all lines
    /// that it can add to one head. `keep-alive` is for HTTP/1.0 clients, to whom neither chunks nor an Upgrade go.
    /// The empty line, which `fieldsEnd` does not count, is in it.
    private static var fixedTextMax: Int {
        HeadWriter.size(" Connection: close\r\nConnection: upgrade\r\nTransfer-Encoding: chunked\r\n\r\n")
    }

    /// The most that `write` may add to the head's own length; `date` is the size of the ready Date line.
    func sizeAddedMax(rules: ResponseRules, date: Int) -> Int {
        ResponseHead.fixedTextMax + rules.via.minor1.count + date
    }

    /// Writes the head for the client behind what `buffer` holds; interim heads too.
    ///
    /// - Parameters:
    ///   - bytes: The bytes that were parsed.
    ///   - rules: What the configuration says of responses.
    ///   - delivery: How this one goes to its client.
    ///   - date: A ready `Date: …` line with its CRLF, for a final response that came without (RFC 9110, section
    ///     6.6.1).
    /// - Returns: False when it may not fit; nothing was written then.
    func write(
        _ bytes: RawSpan, to buffer: inout Buffer, rules: ResponseRules, _ delivery: ResponseDelivery, date: RawSpan
    ) -> Bool {
        guard fieldsEnd + sizeAddedMax(rules: rules, date: date.byteCount) <= buffer.room else { return false }
        let written = buffer.fill { memory in
            guard var writer = HeadWriter(memory) else { return 0 }
            writeAll(bytes, to: &writer, rules, delivery, date: date)
            return writer.count
        }
        return written > 0
    }

    @inline(__always)
    private func writeAll(
        _ bytes: RawSpan, to writer: inout HeadWriter, _ rules: ResponseRules, _ delivery: ResponseDelivery,
        date: RawSpan
    ) {
        let passesUpgrade =
            (status == 101 || status == 426) && delivery.clientMinor == 1 && passesUpgrade(bytes, rules)
        var runStart = 0
        if !(isVersionLiteral && hasReasonBlank) { runStart = writeLine(bytes, to: &writer) }
        let dropsFraming = delivery.framing == .untilClose || delivery.clientMinor == 0
        if section.meaning.seen.contains(.hopByHop)
            || dropsFraming && !section.meaning.seen.isDisjoint(with: [.transferEncoding, .trailer])
            || mustNotFrame && section.meaning.seen.contains(.contentLength)
        {
            runStart = writeFields(
                bytes, to: &writer, from: runStart, dropsFraming: dropsFraming, passesUpgrade: passesUpgrade)
        }
        writer.append(bytes, runStart, fieldsEnd)
        rules.via.append(to: &writer, minor: versionMinor)
        if passesUpgrade { writer.append("Connection: upgrade\r\n") }
        if status >= 200 {
            if !section.meaning.seen.contains(.date) { writer.append(date) }
            if delivery.framing == .chunked { writer.append("Transfer-Encoding: chunked\r\n") }
            if !delivery.keepAlive {
                writer.append("Connection: close\r\n")
            } else if delivery.clientMinor == 0 {
                writer.append("Connection: keep-alive\r\n")
            }
        }
        writer.append("\r\n")
    }

    /// Whether the Upgrade field goes on: that of a 101 when it names one configured protocol and nothing else, that of
    /// a 426 when it names nothing else than such (RFC 9110, section 15.5.22), and neither to an HTTP/1.0 client.
    private func passesUpgrade(_ bytes: RawSpan, _ rules: ResponseRules) -> Bool {
        let upgrades = section.upgrades(bytes, among: rules.upgrades)
        guard !upgrades.named.isEmpty, !upgrades.hasOther else { return false }
        return status == 426 || upgrades.count == 1
    }

    /// Writes a status line that cannot go on as it came; returns where the run begins that is still to be copied.
    private func writeLine(_ bytes: RawSpan, to writer: inout HeadWriter) -> Int {
        writer.append("HTTP/1.1")
        if hasReasonBlank { return 8 }
        // The blank is needed even before an empty reason (RFC 9112, section 4).
        writer.append(bytes, 8, 12)
        writer.append(" ")
        return 12
    }

    /// Writes all kept lines but for the last run; returns where that one begins.
    private func writeFields(
        _ bytes: RawSpan, to writer: inout HeadWriter, from start: Int, dropsFraming: Bool, passesUpgrade: Bool
    ) -> Int {
        var runStart = start
        for index in 0..<section.count {
            let field = section[index]
            let isDropped =
                switch field.kind {
                case .transferEncoding, .trailer: dropsFraming || field.isHopByHop
                case .upgrade: !passesUpgrade
                case .contentLength: mustNotFrame
                default: field.isHopByHop
                }
            guard isDropped else { continue }
            let line = field.line
            if runStart < Int(line.start) { writer.append(bytes, runStart, Int(line.start)) }
            runStart = Int(line.end)
        }
        return runStart
    }
}

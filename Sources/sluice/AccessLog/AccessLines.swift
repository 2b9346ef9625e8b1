import Control

/// Makes a line of a record: for people, in the order of HAProxy's HTTP log where there is one, or as a JSON object.
///
///     127.0.0.1 2026-01-02T03:04:05.678Z "GET /k/5?a=b HTTP/1.1" a.example 200 91/412 k/keepalive
///     0.000/0.000/5.312/5.350 17 reused ok
///
/// (on one line): client; when the request began; request line; host; status; bytes from and to the client; agent and
/// mode; milliseconds of waiting for a socket, of connecting, to the first byte of the answer and to the end; the
/// socket's id, whether it was new or had served before; how it ended. `-` stands where there is nothing.
///
/// The target is written with its query. No field of a request is, so no `Authorization` and no cookie.
struct AccessLines {
    private var time = LogTime()

    /// Appends the line of `record`, which was handed over at `end`, in nanoseconds since 1970.
    mutating func append(
        _ record: AccessRecord, end: Int64, format: ProgramSettings.LogFormat, to bytes: inout [UInt8]
    ) {
        let start = end - Int64(clamping: record.total)
        switch format {
        case .text: appendText(record, start: start, to: &bytes)
        case .json: appendJSON(record, start: start, to: &bytes)
        }
        bytes.append(UInt8(ascii: "\n"))
    }

    private mutating func appendText(_ record: AccessRecord, start: Int64, to bytes: inout [UInt8]) {
        appendWord(record.client.isEmpty ? Array("unix".utf8) : record.client, to: &bytes)
        bytes.append(UInt8(ascii: " "))
        time.append(start, to: &bytes)
        bytes += " \"".utf8
        if record.method.isEmpty, record.target.isEmpty {
            bytes.append(UInt8(ascii: "-"))
        } else {
            appendEscaped(record.method, to: &bytes)
            bytes.append(UInt8(ascii: " "))
            appendEscaped(record.target, to: &bytes)
            if record.targetSize > record.target.count { bytes += "...".utf8 }
            bytes += " HTTP/1.\(record.versionMinor)".utf8
        }
        bytes += "\" ".utf8
        appendWord(record.host, to: &bytes)
        bytes += " \(record.status) \(record.bytesFromClient)/\(record.bytesToClient) ".utf8
        bytes += "\(record.agent ?? "-")/\(record.mode?.rawValue ?? "-") ".utf8
        LogTime.appendMilliseconds(record.waited, to: &bytes)
        bytes.append(UInt8(ascii: "/"))
        LogTime.appendMilliseconds(record.connect, to: &bytes)
        bytes.append(UInt8(ascii: "/"))
        if let firstByte = record.firstByte {
            LogTime.appendMilliseconds(firstByte, to: &bytes)
        } else {
            bytes.append(UInt8(ascii: "-"))
        }
        bytes.append(UInt8(ascii: "/"))
        LogTime.appendMilliseconds(record.total, to: &bytes)
        if let socket = record.socket {
            bytes += " \(socket) \(record.isReused ? "reused" : "new")\(record.isRetried ? ",retried" : "") ".utf8
        } else {
            bytes += " - - ".utf8
        }
        bytes += record.termination.utf8
    }

    private mutating func appendJSON(_ record: AccessRecord, start: Int64, to bytes: inout [UInt8]) {
        bytes += "{\"time\":\"".utf8
        time.append(start, to: &bytes)
        bytes += "\",\"client\":".utf8
        Self.appendString(record.client, to: &bytes)
        bytes += ",\"method\":".utf8
        Self.appendString(record.method, to: &bytes)
        bytes += ",\"target\":".utf8
        Self.appendString(record.target, to: &bytes)
        if record.targetSize > record.target.count { bytes += ",\"targetSize\":\(record.targetSize)".utf8 }
        bytes += ",\"version\":\"1.\(record.versionMinor)\",\"host\":".utf8
        Self.appendString(record.host, to: &bytes)
        bytes += ",\"status\":\(record.status),\"agent\":".utf8
        Self.appendString(Array((record.agent ?? "").utf8), to: &bytes)
        bytes += ",\"mode\":".utf8
        Self.appendString(Array((record.mode?.rawValue ?? "").utf8), to: &bytes)
        bytes += ",\"waiting\":".utf8
        LogTime.appendSeconds(record.waited, to: &bytes)
        bytes += ",\"connecting\":".utf8
        LogTime.appendSeconds(record.connect, to: &bytes)
        bytes += ",\"firstByte\":".utf8
        if let firstByte = record.firstByte {
            LogTime.appendSeconds(firstByte, to: &bytes)
        } else {
            bytes += "null".utf8
        }
        bytes += ",\"total\":".utf8
        LogTime.appendSeconds(record.total, to: &bytes)
        bytes += ",\"bytesFromClient\":\(record.bytesFromClient),\"bytesToClient\":\(record.bytesToClient)".utf8
        bytes += ",\"bytesFromUpstream\":\(record.bytesFromUpstream)".utf8
        bytes += ",\"bytesToUpstream\":\(record.bytesToUpstream)".utf8
        // A string, as in the API: ids are larger than what a number of JSON surely holds.
        bytes += ",\"socket\":".utf8
        Self.appendString(record.socket.map { Array("\($0)".utf8) } ?? [], to: &bytes)
        bytes += ",\"reused\":\(record.isReused),\"retried\":\(record.isRetried),\"termination\":".utf8
        Self.appendString(Array(record.termination.utf8), to: &bytes)
        bytes.append(UInt8(ascii: "}"))
    }

    // A string of JSON; null for an empty one. What needs no escape, which is nearly everything, goes byte by byte.
    private static func appendString(_ text: [UInt8], to bytes: inout [UInt8]) {
        if text.isEmpty {
            bytes += "null".utf8
        } else if text.allSatisfy({ (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        ) {
            bytes.append(UInt8(ascii: "\""))
            bytes += text
            bytes.append(UInt8(ascii: "\""))
        } else {
            bytes += JSONText.string(decoded(text)).utf8
        }
    }

    // Bytes that are no UTF-8 would be no JSON; as in URLs, they are written as %XX.
    private static func decoded(_ bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        var text = ""
        for byte in bytes {
            if byte < 0x80 {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += "%" + String(byte, radix: 16, uppercase: true)
            }
        }
        return text
    }

    // Between quotes: nothing of it ends them, or the line, or steers a terminal.
    private func appendEscaped(_ text: [UInt8], to bytes: inout [UInt8]) {
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0x20...0x7E: bytes.append(byte)
            default: Self.appendHexadecimal(byte, to: &bytes)
            }
        }
    }

    // Without quotes: a space in it would start another column.
    private func appendWord(_ text: [UInt8], to bytes: inout [UInt8]) {
        if text.isEmpty { bytes.append(UInt8(ascii: "-")) }
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), 0...0x20, 0x7F...0xFF:
                Self.appendHexadecimal(byte, to: &bytes)
            default: bytes.append(byte)
            }
        }
    }

    private static func appendHexadecimal(_ byte: UInt8, to bytes: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        bytes += [UInt8(ascii: "\\"), UInt8(ascii: "x"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
}

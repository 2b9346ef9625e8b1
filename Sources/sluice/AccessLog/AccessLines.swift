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
        func member(_ name: String, _ value: String) { bytes += ",\"\(name)\":\(value)".utf8 }
        func string(_ name: String, _ value: [UInt8]) {
            member(name, value.isEmpty ? "null" : JSONText.string(Self.decoded(value)))
        }
        func seconds(_ name: String, _ nanoseconds: UInt64?) {
            bytes += ",\"\(name)\":".utf8
            guard let nanoseconds else {
                bytes += "null".utf8
                return
            }
            LogTime.appendSeconds(nanoseconds, to: &bytes)
        }
        bytes += "{\"time\":\"".utf8
        time.append(start, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
        string("client", record.client)
        string("method", record.method)
        string("target", record.target)
        if record.targetSize > record.target.count { member("targetSize", "\(record.targetSize)") }
        member("version", "\"1.\(record.versionMinor)\"")
        string("host", record.host)
        member("status", "\(record.status)")
        member("agent", record.agent.map(JSONText.string) ?? "null")
        member("mode", record.mode.map { JSONText.string($0.rawValue) } ?? "null")
        seconds("waiting", record.waited)
        seconds("connecting", record.connect)
        seconds("firstByte", record.firstByte)
        seconds("total", record.total)
        member("bytesFromClient", "\(record.bytesFromClient)")
        member("bytesToClient", "\(record.bytesToClient)")
        member("bytesFromUpstream", "\(record.bytesFromUpstream)")
        member("bytesToUpstream", "\(record.bytesToUpstream)")
        // A string, as in the API: ids are larger than what a number of JSON surely holds.
        member("socket", record.socket.map { "\"\($0)\"" } ?? "null")
        member("reused", "\(record.isReused)")
        member("retried", "\(record.isRetried)")
        member("termination", JSONText.string(record.termination))
        bytes.append(UInt8(ascii: "}"))
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

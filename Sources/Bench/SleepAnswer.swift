import DataPlane

/// How long a path asks the sleep server to wait.
enum SleepPath {
    // A minute: more would only hold sockets.
    private static let most = 60_000

    /// The first number among the path's segments, in milliseconds; 1 when there is none.
    static func milliseconds(in target: String) -> Int {
        let path = target.prefix { $0 != "?" }
        for segment in path.split(separator: "/") {
            if let number = Int(segment), number >= 0 { return min(number, most) }
        }
        return 1
    }
}

/// What the sleep server says.
enum SleepAnswer {
    /// The response's head.
    static func head(size: Int, keepAlive: Bool) -> [UInt8] {
        let connection = keepAlive ? "" : "Connection: close\r\n"
        return Array(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\(connection)Content-Length: \(size)\r\n\r\n".utf8)
    }

    /// The delay, the fields as they were received, and the body with its size.
    static func json(delay: Int, _ request: ReceivedRequest) -> [UInt8] {
        var json: [UInt8] = []
        json.reserveCapacity(512)
        json += Array("{\"delay\":\(delay),\"headers\":{".utf8)
        for (index, field) in request.fields.enumerated() {
            if index > 0 { json.append(UInt8(ascii: ",")) }
            append(field.name.utf8, to: &json)
            json.append(UInt8(ascii: ":"))
            append(field.value.utf8, to: &json)
        }
        json += Array("},\"size\":\(request.bodySize),\"body\":".utf8)
        append(String(decoding: request.body, as: UTF8.self).utf8, to: &json)
        json += Array("}\n".utf8)
        return json
    }

    private static func append(_ text: String.UTF8View, to json: inout [UInt8]) {
        json.append(UInt8(ascii: "\""))
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                json.append(UInt8(ascii: "\\"))
                json.append(byte)
            case 0..<0x20, 0x7F:
                json += Array("\\u00".utf8)
                json += [hex(byte >> 4), hex(byte & 15)]
            default: json.append(byte)
            }
        }
        json.append(UInt8(ascii: "\""))
    }

    private static func hex(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }
}

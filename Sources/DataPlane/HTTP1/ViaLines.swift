/// The Via lines that this proxy adds (RFC 9110, section 7.6.3), ready to be appended.
struct ViaLines: Equatable, Sendable {
    /// For a message that came as HTTP/1.1; empty when there is no name.
    let minor1: [UInt8]
    /// For a message that came as HTTP/1.0.
    let minor0: [UInt8]

    /// The lines of a proxy called `name`, a token; none for an empty name.
    init(name: String) {
        minor1 = name.isEmpty ? [] : Array("Via: 1.1 \(name)\r\n".utf8)
        minor0 = name.isEmpty ? [] : Array("Via: 1.0 \(name)\r\n".utf8)
    }

    /// Appends the line for a message of version 1.`minor`; there must be room for `minor1.count` bytes.
    @inline(__always)
    func append(to writer: inout HeadWriter, minor: UInt8) {
        if minor == 0 { writer.append(minor0.span.bytes) } else { writer.append(minor1.span.bytes) }
    }
}

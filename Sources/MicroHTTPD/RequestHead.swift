internal import CMicroHTTPD

/// A request's head, read from the library and held against the rules that the library does not enforce.
///
/// libmicrohttpd 0.9.75 ends each line of the head with zero bytes where it stands in memory and hands out pointers
/// into it. A zero byte that a client sent cuts a name or a value short, unseen. So the pieces are measured: each must
/// begin where the one before it ended, and the last must end where the head does. That also refuses what else would
/// make the library's view differ from that of a proxy before it: folded fields (RFC 9112, section 5.2), which it joins
/// to the wrong string, lines that end without a carriage return, and more than one space in the request line.
struct RequestHead {
    var path: String
    var query: [(name: String, value: String?)]
    var fields: [(name: String, value: String)]
    /// The declared length of the content; nil when chunked.
    var contentLength: UInt64?
    var expectsContinue: Bool

    /// The target as it was sent, and where it stood in memory.
    struct Target {
        var bytes: [UInt8]
        var address: UInt
    }

    /// One field as the library sees it.
    private struct RawField {
        var name: [UInt8]
        var value: [UInt8]
        var nameAddress: UInt
        var valueAddress: UInt
    }

    /// Reads the head of the request that `connection` is at; to be called in the first call of the access handler,
    /// whose `method` and `version` it takes. Throws what is wrong with it.
    init(
        _ connection: LibraryConnection, target: Target, method: UnsafePointer<CChar>, version: UnsafePointer<CChar>
    ) throws(Refusal) {
        let raw = Self.rawFields(connection)
        let methodBytes = Self.bytes(method)
        let versionBytes = Self.bytes(version)
        try Self.checkLayout(
            raw, target: target, method: (methodBytes.count, UInt(bitPattern: method)),
            version: (versionBytes.count, UInt(bitPattern: version)),
            headBytes: UInt(sluice_mhd_head_bytes(connection.pointer)))
        guard ASCII.isToken(methodBytes) else { throw .badRequest("the method is no token") }
        for field in raw {
            guard ASCII.isToken(field.name) else { throw .badRequest("a field name is no token") }
            guard ASCII.isFieldValue(field.value) else { throw .badRequest("a field has a control character") }
        }
        let isOptions = methodBytes.elementsEqual("OPTIONS".utf8)
        let (path, authority) = try Self.split(target.bytes, isOptions: isOptions)
        self.path = path
        let isVersion10 = versionBytes.elementsEqual("HTTP/1.0".utf8)
        try Self.checkHost(raw, authority: authority, isRequired: !isVersion10)
        contentLength = try Self.contentLength(raw, isVersion10: isVersion10)
        expectsContinue =
            !isVersion10 && raw.contains { ASCII.equalIgnoringCase($0.name, "expect") }
        query = try Self.query(connection)
        fields = raw.map {
            (String(decoding: $0.name, as: UTF8.self), String(decoding: ASCII.trimmed($0.value), as: UTF8.self))
        }
    }

    // MARK: - Layout

    private static func checkLayout(
        _ fields: [RawField], target: Target, method: (count: Int, address: UInt),
        version: (count: Int, address: UInt), headBytes: UInt
    ) throws(Refusal) {
        let malformed = Refusal.badRequest("the head is malformed")
        // One space after the method and one after the target; two bytes end each line, and two more the head.
        guard target.address == method.address &+ UInt(method.count) &+ 1,
            version.address == target.address &+ UInt(target.bytes.count) &+ 1
        else { throw malformed }
        var next = version.address &+ UInt(version.count) &+ 2
        for field in fields {
            guard field.nameAddress == next, field.valueAddress > field.nameAddress &+ UInt(field.name.count)
            else { throw malformed }
            next = field.valueAddress &+ UInt(field.value.count) &+ 2
        }
        guard next &+ 2 == method.address &+ headBytes else { throw malformed }
    }

    private static func rawFields(_ connection: LibraryConnection) -> [RawField] {
        var fields: [RawField] = []
        withUnsafeMutablePointer(to: &fields) { pointer in
            _ = MHD_get_connection_values_n(
                connection.pointer, .HEADER_KIND,
                { context, _, name, nameCount, value, valueCount in
                    // The context is the pointer to `fields` above, which lives as long as this call.
                    guard let fields = context?.assumingMemoryBound(to: [RawField].self), let name else { return .NO }
                    fields.pointee.append(
                        RawField(
                            name: RequestHead.bytes(name, nameCount), value: RequestHead.bytes(value, valueCount),
                            nameAddress: UInt(bitPattern: name), valueAddress: UInt(bitPattern: value)))
                    return .YES
                }, pointer)
        }
        return fields
    }

    private static func query(
        _ connection: LibraryConnection
    ) throws(Refusal) -> [(name: String, value: String?)] {
        var pairs: [(name: [UInt8], value: [UInt8]?)] = []
        withUnsafeMutablePointer(to: &pairs) { pointer in
            _ = MHD_get_connection_values_n(
                connection.pointer, .GET_ARGUMENT_KIND,
                { context, _, name, nameCount, value, valueCount in
                    guard let pairs = context?.assumingMemoryBound(to: [(name: [UInt8], value: [UInt8]?)].self) else {
                        return .NO
                    }
                    pairs.pointee.append(
                        (RequestHead.bytes(name, nameCount), value.map { RequestHead.bytes($0, valueCount) }))
                    return .YES
                }, pointer)
        }
        var query: [(name: String, value: String?)] = []
        for pair in pairs {
            guard let name = String(validating: pair.name, as: UTF8.self) else {
                throw .badRequest("the query is not UTF-8")
            }
            guard let bytes = pair.value else {
                query.append((name, nil))
                continue
            }
            guard let value = String(validating: bytes, as: UTF8.self) else {
                throw .badRequest("the query is not UTF-8")
            }
            query.append((name, value))
        }
        return query
    }

    private static func bytes(_ pointer: UnsafePointer<CChar>?, _ count: Int) -> [UInt8] {
        guard let pointer else { return [] }
        return Array(UnsafeRawBufferPointer(start: pointer, count: count))
    }

    /// The bytes of a C string.
    static func bytes(_ pointer: UnsafePointer<CChar>) -> [UInt8] {
        var count = 0
        while pointer[count] != 0 { count += 1 }
        return bytes(pointer, count)
    }
}

// MARK: - The rules

extension RequestHead {
    /// Splits a target (RFC 9112, section 3.2) into its path and, in absolute form, its authority.
    private static func split(
        _ target: [UInt8], isOptions: Bool
    ) throws(Refusal) -> (path: String, authority: ArraySlice<UInt8>?) {
        // A fragment is never sent, and anything but visible ASCII must be percent-encoded (RFC 3986, section 2).
        guard target.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }) else {
            throw .badRequest("the target has a character that is not allowed there")
        }
        var rest = target.prefix { $0 != UInt8(ascii: "?") }
        var authority: ArraySlice<UInt8>?
        if rest.first != UInt8(ascii: "/"), !(isOptions && rest.elementsEqual("*".utf8)) {
            let schemes = ["http://", "https://"]
            guard
                let scheme = schemes.first(where: { scheme in
                    rest.prefix(scheme.utf8.count).map(ASCII.lower).elementsEqual(scheme.utf8)
                })
            else { throw .badRequest("the target is neither a path nor an absolute URI") }
            rest = rest.dropFirst(scheme.utf8.count)
            authority = rest.prefix { $0 != UInt8(ascii: "/") }
            rest = rest.drop { $0 != UInt8(ascii: "/") }
            if rest.isEmpty { rest = [UInt8(ascii: "/")] }
        }
        return (String(decoding: rest, as: UTF8.self), authority)
    }

    /// One valid Host in HTTP/1.1, at most one in 1.0 (RFC 9112, section 3.2), the same as the target's authority when
    /// there is one: the standard lets the authority win, but whoever looked at Host before us was then deceived.
    private static func checkHost(
        _ fields: [RawField], authority: ArraySlice<UInt8>?, isRequired: Bool
    ) throws(Refusal) {
        let hosts = fields.filter { ASCII.equalIgnoringCase($0.name, "host") }.map { ASCII.trimmed($0.value) }
        guard let host = hosts.first else {
            if isRequired { throw .badRequest("the Host field is missing") }
            guard authority.map(isAuthority) ?? true else { throw .badRequest("the target's host is invalid") }
            return
        }
        guard hosts.count == 1 else { throw .badRequest("there is more than one Host field") }
        guard isAuthority(host) else { throw .badRequest("the Host field is invalid") }
        if let authority, !authority.map(ASCII.lower).elementsEqual(host.map(ASCII.lower)) {
            throw .badRequest("the target and the Host field differ")
        }
    }

    /// `uri-host [ ":" port ]` (RFC 9110, section 7.2), never empty and without user information.
    private static func isAuthority(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        if rest.first == UInt8(ascii: "[") {
            guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else { return false }
            let inside = rest[(rest.startIndex + 1)..<end]
            let allowed = inside.allSatisfy { ASCII.isHexDigit($0) || ":.".utf8.contains($0) }
            guard allowed, inside.contains(UInt8(ascii: ":")) else { return false }
            rest = rest[(end + 1)...]
        } else {
            let name = rest.prefix { $0 != UInt8(ascii: ":") }
            let allowed = name.allSatisfy { ASCII.isAlphanumeric($0) || "-._~!$&'()*+,;=%".utf8.contains($0) }
            guard allowed, !name.isEmpty else { return false }
            rest = rest[name.endIndex...]
        }
        guard !rest.isEmpty else { return true }
        let port = rest.dropFirst()
        return rest.first == UInt8(ascii: ":") && port.count <= 5
            && port.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// One way of framing, or none (RFC 9112, sections 6.1 and 6.3); nil for chunked.
    private static func contentLength(_ fields: [RawField], isVersion10: Bool) throws(Refusal) -> UInt64? {
        let codings = fields.filter { ASCII.equalIgnoringCase($0.name, "transfer-encoding") }.map(\.value)
        let lengths = fields.filter { ASCII.equalIgnoringCase($0.name, "content-length") }.map(\.value)
        guard codings.isEmpty || lengths.isEmpty else {
            throw .badRequest("Content-Length and Transfer-Encoding came together")
        }
        guard lengths.count <= 1 else { throw .badRequest("there is more than one Content-Length") }
        if let coding = codings.first {
            guard !isVersion10 else { throw .badRequest("Transfer-Encoding does not belong into HTTP/1.0") }
            // Compared as the library does, with the white space after it: to anything else it reads to the end.
            guard codings.count == 1, ASCII.equalIgnoringCase(coding, "chunked") else {
                throw Refusal(status: 501, detail: "only the transfer coding chunked is understood")
            }
            return nil
        }
        guard let length = lengths.first else { return 0 }
        guard let value = UInt64(String(decoding: length, as: UTF8.self)), length.first != UInt8(ascii: "+") else {
            throw .badRequest("the Content-Length is invalid")
        }
        return value
    }
}

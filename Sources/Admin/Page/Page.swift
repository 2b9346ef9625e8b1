import CPage
import MicroHTTPD

/// The files of the status page: a fixed table, built into the binary, so that no path leads anywhere else and the page
/// is there from wherever the binary runs.
enum Page {
    /// One file.
    struct File: Sendable {
        let path: String
        let type: String
        let bytes: [UInt8]
        /// Of `bytes` as they are, and as gzip has them: a strong tag names one representation.
        let tag: String
        let gzipped: (bytes: [UInt8], tag: String)

        init(_ path: String, _ type: String, _ bytes: [UInt8]) {
            self.path = path
            self.type = type
            self.bytes = bytes
            tag = EntityTag.of(bytes)
            let compressed = Gzip.compressed(bytes)
            gzipped = (compressed, EntityTag.of(compressed))
        }

        /// The file, or 304 when the browser has it already.
        func response(to request: Request) -> Response {
            let isGzipped = Page.acceptsGzip(request.values("Accept-Encoding"))
            let (bytes, tag) = isGzipped ? gzipped : (bytes, tag)
            var fields = [
                ("Content-Type", type), ("ETag", tag), ("Cache-Control", "no-cache"), ("Vary", "Accept-Encoding"),
                ("Content-Security-Policy", Page.securityPolicy),
            ]
            if isGzipped { fields.append(("Content-Encoding", "gzip")) }
            if let condition = EntityTag.condition(request.values("If-None-Match")), condition.matchesWeakly(tag) {
                return Response(status: 304, fields: fields, body: .bytes([]))
            }
            return Response(status: 200, fields: fields, body: .bytes(bytes))
        }
    }

    /// No inline script or style, nothing from elsewhere, no frame around it.
    static let securityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    /// All of them; the page itself stands at `/` too.
    static let files: [File] = {
        var files: [File] = []
        var index = 0
        while let file = sluice_page_file_at(index)?.pointee {
            let name = String(cString: file.name)
            // Constant data of the binary, `count` bytes long (CPage): the copy is good for ever.
            let bytes = slim(UnsafeBufferPointer(start: file.bytes, count: file.count), name)
            files.append(File("/\(name)", type(of: name), bytes))
            if name == "index.html" { files.append(File("/", type(of: name), bytes)) }
            index += 1
        }
        return files
    }()

    /// Whether `Accept-Encoding` names gzip (RFC 9110, section 12.5.3); `*` is not taken for it.
    static func acceptsGzip(_ values: [String]) -> Bool {
        values.joined(separator: ",").split(separator: ",").contains { coding in
            let parts = coding.lowercased().split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            guard parts.first == "gzip" else { return false }
            return !parts.dropFirst().contains { $0.hasPrefix("q=0") && $0.allSatisfy { "q=0.".contains($0) } }
        }
    }

    /// What a browser needs of a script, a style sheet or a page: without the comments that fill whole lines and without
    /// indentation, which are for those who read the source and are a quarter of it.
    private static func slim(_ bytes: UnsafeBufferPointer<UInt8>, _ name: String) -> [UInt8] {
        guard [".html", ".css", ".js"].contains(where: name.hasSuffix) else { return Array(bytes) }
        var slim: [UInt8] = []
        var isComment = false
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let text = line.drop { $0 == UInt8(ascii: " ") }
            if text.starts(with: "/*".utf8) { isComment = true }
            if !isComment, !text.isEmpty, !text.starts(with: "//".utf8) { slim += text + [UInt8(ascii: "\n")] }
            // Here a comment that begins a line always ends one.
            if isComment, text.suffix(2).elementsEqual("*/".utf8) { isComment = false }
        }
        return slim
    }

    private static func type(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "json": "application/json"
        case "svg": "image/svg+xml"
        default: "application/octet-stream"
        }
    }
}

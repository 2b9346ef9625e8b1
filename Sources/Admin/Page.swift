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
        let tag: String

        init(_ path: String, _ type: String, _ bytes: [UInt8]) {
            self.path = path
            self.type = type
            self.bytes = bytes
            tag = EntityTag.of(bytes)
        }

        /// The file, or 304 when the browser has it already.
        func response(to request: Request) -> Response {
            let fields = [
                ("Content-Type", type), ("ETag", tag), ("Cache-Control", "no-cache"),
                ("Content-Security-Policy", Page.securityPolicy),
            ]
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
            let bytes = Array(UnsafeBufferPointer(start: file.bytes, count: file.count))
            files.append(File("/\(name)", type(of: name), bytes))
            if name == "index.html" { files.append(File("/", type(of: name), bytes)) }
            index += 1
        }
        return files
    }()

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

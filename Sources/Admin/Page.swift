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
            tag = Page.tag(of: bytes)
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

    static let files: [File] = [
        File("/", html, PackageResources.index_html),
        File("/index.html", html, PackageResources.index_html),
        File("/style.css", css, PackageResources.style_css),
        File("/app.js", script, PackageResources.app_js),
        File("/api.js", script, PackageResources.api_js),
        File("/card.js", script, PackageResources.card_js),
        File("/figures.js", script, PackageResources.figures_js),
    ]

    private static let html = "text/html; charset=utf-8"
    private static let css = "text/css; charset=utf-8"
    private static let script = "text/javascript; charset=utf-8"

    /// A strong tag of the contents (FNV-1a in 64 bits): it need only differ between versions of this program.
    private static func tag(of bytes: [UInt8]) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return "\"\(String(hash, radix: 16))\""
    }
}

import CPage

/// A file of `public/` that is built in for `sluice export`.
enum ExportedFile: String {
    case dashboard = "grafana-dashboard.json"
    case rules = "prometheus-rules.yml"
    case openAPI = "openapi.json"

    /// Its content; empty for a file that is not built in, which a test makes sure of.
    var bytes: [UInt8] {
        var index = 0
        while let file = sluice_export_file_at(index)?.pointee {
            // Constant data of the binary, `count` bytes long (CPage).
            if String(cString: file.name) == rawValue {
                return Array(UnsafeBufferPointer(start: file.bytes, count: file.count))
            }
            index += 1
        }
        return []
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
}

import Glibc

/// A file that is read whole.
enum TextFile {
    /// Reads the file at `path`, or says in words why that is not possible.
    ///
    /// - Parameter bytesMax: A larger file, a device that never ends too, is refused.
    static func read(_ path: String, bytesMax: Int) -> Result<String, Problem> {
        func failure(_ message: String) -> Result<String, Problem> {
            .failure(Problem(origin: .file(name: path, nil), path: "", message: message))
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return failure("cannot be read: \(words(errno))") }
        defer { _ = close(descriptor) }
        // One byte more than is allowed shows that there is more.
        var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                // In bounds: count is below the buffer's length, and the call is told how much is left.
                Glibc.read(descriptor, buffer.baseAddress?.advanced(by: count), buffer.count - count)
            }
            if got == 0 { break }
            if got < 0 {
                if errno == EINTR { continue }
                return failure("cannot be read: \(words(errno))")
            }
            count += got
        }
        guard count <= bytesMax else { return failure("must be at most \(bytesMax >> 20)MiB long") }
        guard let text = String(validating: bytes[..<count], as: UTF8.self) else {
            return failure("must be UTF-8 text")
        }
        return .success(text)
    }

    private static func words(_ code: Int32) -> String { String(cString: strerror(code)) }
}

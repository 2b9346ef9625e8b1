import CTLSClient
import Control
import Dispatch
import Glibc

/// One HTTP exchange over TLS with an admin server whose certificate is trusted.
struct TLSExchange: Sendable {
    /// PEM files that say who is trusted and who asks.
    struct Files: Sendable, Equatable {
        /// Authorities; nil: those of the system.
        var ca: String?
        /// The client's own certificate and its key.
        var certificate: String?
        var key: String?
    }

    let host: String
    let port: UInt16
    let files: Files
    /// How long each step may take.
    let seconds: UInt32
    let bytesMax: Int

    /// Sends `request`, which asks for the connection's end, and receives the answer.
    func send(_ request: [UInt8]) async -> Result<HTTPAnswer, SettingFault> {
        await withCheckedContinuation { continuation in
            // It blocks, so it has no place on a thread of the concurrency runtime.
            DispatchQueue.global().async { continuation.resume(returning: exchange(request)) }
        }
    }

    private func exchange(_ request: [UInt8]) -> Result<HTTPAnswer, SettingFault> {
        // Nil for no file, which C wants as a null pointer.
        let words = ["\(port)", files.ca, files.certificate, files.key].map { $0.map { strdup($0) } ?? nil }
        let name = strdup(host)
        defer { for word in words + [name] { free(word) } }
        // The strings live until this function ends, and the call keeps none of them.
        var peer = sluice_tls_peer(
            host: name, port: words[0], ca_file: words[1], certificate_file: words[2], key_file: words[3],
            timeout_seconds: seconds)
        var answer = sluice_tls_answer()
        defer { free(answer.bytes) }
        var reason = [CChar](repeating: 0, count: 400)
        let code = request.withUnsafeBytes { bytes in
            sluice_tls_exchange(&peer, bytes.baseAddress, bytes.count, bytesMax, &answer, &reason, reason.count)
        }
        guard code == 0 else {
            let text = String(decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return .failure(SettingFault(Problem.printable(text)))
        }
        // `count` bytes were written there; they are copied before they are freed.
        let bytes = Array(UnsafeBufferPointer(start: answer.bytes, count: answer.count))
        guard let parsed = HTTPAnswer(bytes) else { return .failure(SettingFault("no HTTP answer came")) }
        return .success(parsed)
    }
}

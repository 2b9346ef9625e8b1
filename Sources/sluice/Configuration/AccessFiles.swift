import Admin
import Control
import Glibc
import MicroHTTPD

/// Reads what the admin server's access rests on: files with tokens, certificates and keys.
struct AccessFiles {
    // The certificates of every public authority together are smaller.
    private static let bytesMax = 1 << 20

    private var effective: EffectiveConfiguration
    private var problems: [Problem] = []

    /// Puts what the files of `effective` say beside what the environment said.
    ///
    /// - Returns: Everything that is wrong, each at its key.
    static func read(for effective: EffectiveConfiguration) -> Result<EffectiveConfiguration, Problems> {
        var files = AccessFiles(effective: effective)
        files.readTokens()
        files.readIdentity()
        if files.problems.isEmpty { return .success(files.effective) }
        return .failure(Problems(files.problems))
    }

    private init(effective: EffectiveConfiguration) { self.effective = effective }

    private mutating func readTokens() {
        let admin = effective.configuration.admin
        // The environment overrides the file, as everywhere.
        if effective.access.readToken == nil, let path = admin.readTokenFile {
            effective.access.readToken = token(path, at: "admin.readTokenFile")
        }
        if effective.access.changeToken == nil, let path = admin.changeTokenFile {
            effective.access.changeToken = token(path, at: "admin.changeTokenFile")
        }
        if let token = effective.access.changeToken, token == effective.access.readToken {
            report("admin.changeTokenFile", "the token is that for reading too: who has it could change everything")
        }
    }

    /// The token in the first line of a file.
    private mutating func token(_ path: String, at key: String) -> Token? {
        guard let text = contents(path, at: key) else { return nil }
        let isSpace = { (scalar: Unicode.Scalar) in [" ", "\t", "\r"].contains(scalar) }
        let line = text.unicodeScalars.prefix { $0 != "\n" }.drop(while: isSpace)
        let word = String(String.UnicodeScalarView(line.reversed().drop(while: isSpace).reversed()))
        do throws(SettingFault) {
            if word.isEmpty { throw SettingFault("the first line is empty; it must be the token") }
            let token = try Token(word)
            noteReaders(of: path)
            return token
        } catch {
            report(key, "\(path): \(error.message)")
            return nil
        }
    }

    private mutating func noteReaders(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & 0o004 != 0 else { return }
        effective.notes.append("\(path) can be read by every user of this machine: chmod o-r would keep its token")
    }

    private mutating func readIdentity() {
        effective.access.hosts = effective.configuration.admin.hosts
        guard let tls = effective.configuration.admin.tls else { return }
        let certificate = contents(tls.certificateFile, at: "admin.tls.certificateFile")
        let key = contents(tls.keyFile, at: "admin.tls.keyFile")
        let clientCA = tls.clientCAFile.map { contents($0, at: "admin.tls.clientCAFile") }
        guard let certificate, let key, clientCA != .some(nil) else { return }
        do {
            effective.access.tls = try TLSIdentity(
                certificate: Array(certificate.utf8), key: Array(key.utf8),
                clientCA: clientCA?.map { Array($0.utf8) })
        } catch {
            let (name, path) =
                switch error.part {
                case .certificate: ("certificateFile", tls.certificateFile)
                case .key: ("keyFile", tls.keyFile)
                case .clientCA: ("clientCAFile", tls.clientCAFile ?? "")
                }
            report("admin.tls.\(name)", "\(path): \(error.reason)")
        }
    }

    private mutating func contents(_ path: String, at key: String) -> String? {
        switch TextFile.read(path, bytesMax: Self.bytesMax) {
        case .success(let text): return text
        case .failure(let problem):
            report(key, "\(path): \(problem.message)")
            return nil
        }
    }

    private mutating func report(_ path: String, _ message: String) {
        problems.append(Problem(origin: effective.origin(of: path), path: path, message: message))
    }
}

import ArgumentParser
import Control
import FoundationEssentials

/// The flags of every command that asks an admin server.
struct ClientOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The admin server: http://host:port, https://host:port, host:port or unix:/path; SLUICE_ADMIN says the "
                + "same. (default: http://127.0.0.1:1986)", valueName: "url"))
    var admin: String?

    // A token in a flag would be everyone's to see, in the list of processes.
    @Option(
        help: ArgumentHelp(
            "The file whose first line is the token for the admin server; without it, SLUICE_TOKEN, "
                + "SLUICE_CHANGE_TOKEN or SLUICE_READ_TOKEN is the token.", valueName: "file"),
        completion: .file())
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "For https: the PEM file of the authority that signed the server's certificate. (default: those of the "
                + "system)", valueName: "file"), completion: .file())
    var caFile: String?

    @Option(
        help: ArgumentHelp("For https: the PEM file of a client certificate.", valueName: "file"), completion: .file())
    var certificateFile: String?

    @Option(help: ArgumentHelp("For https: the PEM file of its key.", valueName: "file"), completion: .file())
    var keyFile: String?

    /// The token in the environment that is meant for a client.
    static let token = "SLUICE_TOKEN"

    // The first one that is there is taken.
    private static let tokenVariables = [token, EnvironmentLayer.changeToken, EnvironmentLayer.readToken]

    func validate() throws {
        if admin != nil { _ = try server(environment: [:]) }
        if (certificateFile == nil) != (keyFile == nil) {
            throw ValidationError("--certificate-file and --key-file belong together: give both or none")
        }
    }

    /// Which server is meant.
    func server(environment: [String: String]) throws -> AdminURL {
        let variable = environment["SLUICE_ADMIN"].flatMap { $0.isEmpty ? nil : $0 }
        guard let text = admin ?? variable else { return .usual }
        do throws(SettingFault) {
            return try AdminURL(text)
        } catch {
            throw error.asUsage(of: admin == nil ? "SLUICE_ADMIN" : "--admin")
        }
    }

    /// Whether a server was named, by flag or variable.
    func namesServer(environment: [String: String]) -> Bool {
        admin != nil || environment["SLUICE_ADMIN"]?.isEmpty == false
    }

    /// The token that is shown to it; nil: none.
    func token(environment: [String: String]) throws -> String? {
        let variable = Self.tokenVariables.first { environment[$0]?.isEmpty == false }
        var token = variable.flatMap { environment[$0] }
        if let tokenFile {
            switch TextFile.read(tokenFile, bytesMax: 1 << 16) {
            case .success(let text):
                let line = text.prefix { !$0.isNewline }.drop(while: \.isWhitespace)
                token = String(line.reversed().drop(while: \.isWhitespace).reversed())
            case .failure(let problem): throw ValidationError("--token-file: \(problem)")
            }
        }
        guard let token else { return nil }
        // It goes into a head, where a line's end would begin another field.
        guard !token.isEmpty, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            let source = tokenFile == nil ? variable ?? "" : "--token-file"
            throw ValidationError("\(source): a token is made of visible ASCII characters without spaces")
        }
        return token
    }

    /// A client of the server that flags and environment name.
    func client() throws -> APIClient {
        let environment = ProcessInfo.processInfo.environment
        return try APIClient(
            server(environment: environment), token: token(environment: environment),
            files: TLSExchange.Files(ca: caFile, certificate: certificateFile, key: keyFile))
    }

    /// Runs `body` with a client; a failure is told on standard error and becomes the exit code that is its.
    func use<Result: Sendable>(
        _ body: (APIClient) async throws(ClientFailure) -> Result
    ) async throws -> Result {
        do {
            return try await body(client())
        } catch let error as ClientFailure {
            StandardError.write(error.lines)
            throw error.exitCode
        }
    }
}

extension APIClient {
    /// The path of an agent's resource.
    ///
    /// - Throws: That nothing can have this name, which might else lead to another resource.
    static func path(of agent: String, _ rest: String = "") throws(ClientFailure) -> String {
        guard Configuration.isName(agent) else {
            let name = Problem.printable(agent)
            throw ClientFailure(
                ["no agent is named \"\(name)\": a name is 1 to 64 letters, digits, '-', '_' or '.'"], .noInput)
        }
        return "/api/v1/agents/\(agent)\(rest)"
    }
}

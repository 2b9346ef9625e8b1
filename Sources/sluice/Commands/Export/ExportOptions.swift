import ArgumentParser
import Control
import FoundationEssentials

/// Which Sluice files are made for.
struct ExportOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Made for what this configuration file describes.", valueName: "file"),
        completion: .file(extensions: ["yaml"]))
    var config: String?

    @OptionGroup(title: "Made for what a running server has") var client: ClientOptions

    func validate() throws {
        if config != nil, client.admin != nil {
            throw ValidationError("--config and --admin are two answers to one question: give one of them")
        }
    }

    /// The Sluice that is meant: that of the file, or the one that runs at `--admin` or `SLUICE_ADMIN`. Without either
    /// nothing is known of it.
    func deployment() async throws -> Deployment {
        let environment = ProcessInfo.processInfo.environment
        if let config {
            let deployment = TextFile.read(config, bytesMax: YAMLText.bytesMax).mapError { Problems([$0]) }
                .flatMap { Deployment.read(file: config, text: $0, environment: environment) }
            return try get(deployment)
        }
        guard client.namesServer(environment: environment) else { return .unknown }
        let hasToken = try client.token(environment: environment) != nil
        let (server, reply) = try await client.use { client throws(ClientFailure) in
            (client.server, try await client.get("/api/v1/config"))
        }
        return try get(Deployment.read(reply.json, from: server, hasToken: hasToken))
    }

    private func get(_ deployment: Result<Deployment, Problems>) throws -> Deployment {
        do throws(Problems) {
            return try deployment.get()
        } catch {
            StandardError.write(error.lines)
            throw ExitCode.badConfiguration
        }
    }
}

import ArgumentParser
import Control

/// `sluice export grafana-dashboard`.
struct ExportDashboard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grafana-dashboard",
        abstract: "A dashboard for Grafana, as JSON to import.",
        discussion: """
            Example:
              sluice export grafana-dashboard --config sluice.yaml > dashboard.json
            """)

    @OptionGroup var options: ExportOptions

    func run() async throws { print(Dashboard.text(try await options.deployment())) }
}

/// `sluice export prometheus-rules`.
struct ExportRules: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prometheus-rules",
        abstract: "Alert rules for Prometheus.",
        discussion: """
            Example:
              sluice export prometheus-rules --config sluice.yaml > sluice-rules.yml
              promtool check rules sluice-rules.yml
            """)

    @OptionGroup var job: JobOption
    @OptionGroup var options: ExportOptions

    func run() async throws { print(AlertRules.text(try await options.deployment(), job: job.job)) }
}

/// `sluice export prometheus-scrape`.
struct ExportScrape: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prometheus-scrape",
        abstract: "Prometheus' configuration that scrapes the metrics.",
        discussion: """
            Example:
              sluice export prometheus-scrape --admin http://127.0.0.1:1986
            """)

    @OptionGroup var job: JobOption
    @OptionGroup var options: ExportOptions

    func run() async throws {
        let deployment = try await options.deployment()
        do throws(SettingFault) {
            print(try ScrapeConfiguration.text(deployment, job: job.job ?? "sluice"))
        } catch {
            StandardError.write([error.message])
            throw ExitCode.refused
        }
    }
}

/// `sluice export openapi`.
struct ExportOpenAPI: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "openapi",
        abstract: "The description of the REST API (OpenAPI 3.1).",
        discussion: """
            Example:
              sluice export openapi --admin http://127.0.0.1:1986 > openapi.json
            """)

    @OptionGroup var options: ExportOptions

    func run() async throws {
        let deployment = try await options.deployment()
        guard deployment.isKnown, case .tcp = deployment.admin.address,
            let document = APIValue(json: ExportedFile.openAPI.bytes)
        else {
            print(ExportedFile.openAPI.text)
            return
        }
        var members = document.members
        members["servers"] = .list([.object(["url": .string(deployment.admin.description)])])
        print(APIValue(.object(members)).json(pretty: true))
    }
}

/// What Prometheus calls the scraping of Sluice.
struct JobOption: ParsableArguments {
    @Option(help: ArgumentHelp("Prometheus' job. (default: sluice, or any that has it in its name)", valueName: "name"))
    var job: String?

    func validate() throws {
        guard let job, !Configuration.isName(job) else { return }
        throw ValidationError("--job: must be 1 to 64 letters, digits, '-', '_' or '.', not \"\(job)\"")
    }
}

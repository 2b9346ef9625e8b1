import ArgumentParser
import Control

/// `sluice export systemd-unit`.
struct ExportUnit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "systemd-unit",
        abstract: "A hardened unit for systemd.",
        discussion: """
            The configuration file is the one of --config, whose path should be absolute, or that of the running \
            server.

            Example:
              sluice export systemd-unit --config /etc/sluice/sluice.yaml > /etc/systemd/system/sluice.service
            """)

    @Option(help: ArgumentHelp("Where the program is.", valueName: "path"), completion: .file())
    var binary = "/usr/local/bin/sluice"

    @OptionGroup var options: ExportOptions

    func validate() throws {
        // A path with a blank would be two words to systemd, and % and $ mean something to it.
        guard binary.hasPrefix("/"), Self.isPlain(binary) else {
            throw ValidationError("--binary: must be an absolute path of plain characters, not \"\(binary)\"")
        }
    }

    func run() async throws {
        let deployment = try await options.deployment()
        let usual = "/etc/sluice/sluice.yaml"
        let file = deployment.file.flatMap { $0.hasPrefix("/") && Self.isPlain($0) ? $0 : nil } ?? usual
        if let named = deployment.file, named != file {
            StandardError.write(["the unit reads \(usual): \(Problem.printable(named)) is no absolute, plain path"])
        }
        print(SystemdUnit(deployment: deployment, binary: binary, file: file).text)
    }

    private static func isPlain(_ path: String) -> Bool {
        path.utf8.allSatisfy { byte in
            let character = Character(Unicode.Scalar(byte))
            return byte < 128 && (character.isLetter || character.isNumber || "/._-+@".contains(character))
        }
    }
}

/// `sluice export kubernetes`.
struct ExportKubernetes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kubernetes",
        abstract: "Manifests for Kubernetes: a gateway, and a side-car.",
        discussion: """
            A ConfigMap that Sluice watches, a Secret with tokens made at random, a Deployment with its Service as \
            gateway, and an example of a pod with Sluice beside its application.

            Example:
              sluice export kubernetes --config sluice.yaml --only gateway | kubectl apply -f -
            """)

    @Option(
        help: ArgumentHelp("gateway or sidecar. (default: both)", valueName: "kind"),
        completion: .list(["gateway", "sidecar"]))
    var only: String?

    @Option(help: ArgumentHelp("Name of all that is made.", valueName: "name"))
    var name = "sluice"

    @Option(help: ArgumentHelp("The container image.", valueName: "image"))
    var image = "registry.example/sluice:\(Version.current)"

    @OptionGroup var options: ExportOptions

    func validate() throws {
        if let only, only != "gateway", only != "sidecar" {
            throw ValidationError("--only: must be gateway or sidecar, not \"\(only)\"")
        }
        // RFC 1123, with room for what is put behind it in 63 characters.
        let isLabel = name.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789-".utf8.contains($0) }
        guard isLabel, (1...40).contains(name.utf8.count), name.first != "-", name.last != "-" else {
            throw ValidationError("--name: must be 1 to 40 small letters, digits or '-' in between, not \"\(name)\"")
        }
        guard !image.isEmpty, image.utf8.allSatisfy({ (0x2B...0x7A).contains($0) && !";<=>?[\\]^`,".utf8.contains($0) })
        else { throw ValidationError("--image: must be the name of a container image, not \"\(image)\"") }
    }

    func run() async throws {
        let deployment = try await options.deployment()
        if only != "sidecar" { noteLoopback(deployment.configuration.agents) }
        let manifests = KubernetesManifests(
            deployment: deployment, name: name, image: image,
            tokens: (Self.randomToken(), Self.randomToken()))
        print(manifests.text(only.flatMap(KubernetesManifests.Kind.init) ?? .all))
    }

    // An upstream on the machine where this runs is somewhere else for a pod.
    private func noteLoopback(_ agents: [Configuration.Agent]) {
        let names = agents.filter { $0.settings.upstream.address.isLoopback }.map(\.name)
        guard !names.isEmpty else { return }
        StandardError.write([
            "\(names.joined(separator: ", ")): the upstream is on this machine, which in the gateway is its own pod; "
                + "name a Service in its place"
        ])
    }

    // 128 bits of the system's randomness.
    private static func randomToken() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<2).map { _ in
            let digits = String(UInt64.random(in: .min ... .max, using: &generator), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}

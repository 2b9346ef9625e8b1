import ArgumentParser

@main
struct Sluice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "sluice", abstract: "A pooled HTTP/1.1 proxy.")
}

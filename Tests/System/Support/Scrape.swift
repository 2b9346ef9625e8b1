import Foundation
import TestSupport

/// What `/metrics` said at one moment.
struct Scrape {
    /// Each sample by its name, with its labels.
    private let samples: [(name: String, labels: [String: String], value: Double)]

    /// Reads the older text format.
    init(_ text: String) {
        samples = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { line in
            guard let end = line.lastIndex(of: " "), let value = Double(line[line.index(after: end)...]) else {
                return nil
            }
            let labels = line[..<end].matches(of: /(\w+)="((?:[^"\\]|\\.)*)"/).map { (String($0.1), String($0.2)) }
            return (String(line.prefix { $0 != "{" && $0 != " " }), Dictionary(labels) { $1 }, value)
        }
    }

    /// The samples called `name` that have these labels, added up; nil when there is none.
    func sum(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        let found = samples.filter { sample in
            sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value }
        }
        return found.isEmpty ? nil : found.reduce(0) { $0 + $1.value }
    }
}

extension SluiceProcess {
    /// Scrapes it.
    func scrape() throws -> Scrape { Scrape(try admin("GET", "/metrics").text) }
}

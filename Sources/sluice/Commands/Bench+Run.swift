import ArgumentParser
import Bench
import Control
import Glibc

/// Runs the benchmark and prints what it measured; how it goes on is told on standard error.
///
/// - Returns: Success when every request was answered.
func bench(_ options: BenchOptions) async throws -> ExitCode {
    let plan = BenchPlan(
        users: options.users, requests: options.requests, delay: options.delay, maxSockets: options.maxSockets,
        threads: options.threads, against: options.against?.address, roundTrip: options.roundTrip,
        executable: try ownPath())
    let runs: [BenchRun]
    do {
        runs = try await Benchmark(plan) { StandardError.write([$0]) }.run()
    } catch {
        StandardError.write(["sluice bench: \(error.message)"])
        return .unavailable
    }
    if options.json {
        print(try BenchJSON(plan, runs: runs).text())
    } else {
        for run in runs {
            let network =
                options.roundTrip == .zero ? "" : ", \(options.roundTrip.text) for each new socket's handshake"
            print("\(run.mode.rawValue)\(network):")
            for line in SiegeReport.text(run.result) { print(line) }
            print("")
        }
        for line in BenchReport.comparison(runs, roundTrip: options.roundTrip) + [""] + BenchReport.histogram(runs) {
            print(line)
        }
    }
    return runs.allSatisfy { $0.result.failed == 0 } ? .success : .failure
}

// This program's file, which is run again as proxy and as sleep server.
private func ownPath() throws -> String {
    var path = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &path, path.count - 1)
    guard count > 0 else { throw ValidationError("cannot find this program's own file") }
    return String(decoding: path[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

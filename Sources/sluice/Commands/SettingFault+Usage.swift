import ArgumentParser
import Control

extension SettingFault {
    /// `--max-sockets: must be 1 to 1000000, not 0`.
    func line(of flag: String) -> String {
        Problem(origin: .flag(flag), path: "", message: message).description
    }

    /// The error that ends the program with 64.
    func asUsage(of flag: String) -> ValidationError { ValidationError(line(of: flag)) }
}

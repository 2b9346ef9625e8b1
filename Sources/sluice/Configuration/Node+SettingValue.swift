import Control
import Yams

extension Node {
    /// The node that a file would have in the place of `value`; it has no position.
    init(_ value: SettingValue) {
        switch value {
        case .null: self = Self.plain("null")
        case .bool(let value): self = Self.plain("\(value)")
        case .number(let number): self = Self.plain(Int(exactly: number).map { "\($0)" } ?? "\(number)")
        case .string(let string): self = .scalar(.init(string, .implicit, .doubleQuoted))
        case .list(let values): self = .sequence(.init(values.map(Node.init)))
        case .object(let members):
            // In a fixed order, so that faults are told in one.
            let sorted = members.sorted { $0.key < $1.key }
            self = .mapping(.init(sorted.map { (.scalar(.init($0.key, .implicit, .doubleQuoted)), Node($0.value)) }))
        }
    }

    private static func plain(_ word: String) -> Node { .scalar(.init(word, .implicit, .plain)) }
}

import Foundation

/// A JSON value (RFC 8259), to look into.
@dynamicMemberLookup
enum JSON: Sendable, Equatable, Decodable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    init(_ bytes: [UInt8]) throws { self = try JSONDecoder().decode(JSON.self, from: Data(bytes)) }

    init(_ text: String) throws { try self.init(Array(text.utf8)) }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSON].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    subscript(dynamicMember name: String) -> JSON { self[name] }

    subscript(name: String) -> JSON {
        if case .object(let members) = self { return members[name] ?? .null }
        return .null
    }

    subscript(index: Int) -> JSON {
        if case .array(let elements) = self, elements.indices.contains(index) { return elements[index] }
        return .null
    }

    /// The number, if it is one.
    var number: Double? { if case .number(let value) = self { value } else { nil } }
    /// The whole number, if it is one.
    var int: Int? { number.flatMap { Int(exactly: $0) } }
    /// The text, if it is one.
    var string: String? { if case .string(let value) = self { value } else { nil } }
    /// The elements of an array.
    var elements: [JSON] { if case .array(let value) = self { value } else { [] } }
    /// The members of an object.
    var members: [String: JSON] { if case .object(let value) = self { value } else { [:] } }
    /// The names of an object's members.
    var names: Set<String> { Set(members.keys) }
}

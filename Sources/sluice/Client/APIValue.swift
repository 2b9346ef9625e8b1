import Control
import FoundationEssentials

/// JSON that the admin API sends or gets (RFC 8259), to look into. What is not there is null, so that a server of
/// another version is shown as far as it is understood.
@dynamicMemberLookup
struct APIValue: Sendable, Equatable {
    let value: SettingValue

    /// A value.
    init(_ value: SettingValue) { self.value = value }

    /// The JSON in `bytes`; nil when it is none.
    init?(json bytes: [UInt8]) {
        guard let value = try? JSONDecoder().decode(APIValue.self, from: Data(bytes)) else { return nil }
        self = value
    }

    subscript(dynamicMember name: String) -> APIValue { self[name] }

    /// The member called `name`.
    subscript(name: String) -> APIValue {
        if case .object(let members) = value { return APIValue(members[name] ?? .null) }
        return APIValue(.null)
    }

    /// The number, if it is one.
    var number: Double? { if case .number(let number) = value { number } else { nil } }
    /// The text, if it is one, without anything that could steer a terminal.
    var string: String? { if case .string(let text) = value { Problem.printable(text) } else { nil } }
    /// The elements, if it is a list.
    var elements: [APIValue] { if case .list(let values) = value { values.map(APIValue.init) } else { [] } }
    /// The members, if it is an object.
    var members: [String: SettingValue] { if case .object(let members) = value { members } else { [:] } }

    /// As UTF-8 on one line, or indented.
    func json(pretty: Bool = false) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
        // Only a number that is not finite cannot be encoded, and JSON has none.
        guard let data = try? encoder.encode(self) else { return "null" }
        return String(decoding: data, as: UTF8.self)
    }
}

extension APIValue: Codable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            value = .null
        } else if let flag = try? container.decode(Bool.self) {
            value = .bool(flag)
        } else if let number = try? container.decode(Double.self) {
            value = .number(number)
        } else if let text = try? container.decode(String.self) {
            value = .string(text)
        } else if let values = try? container.decode([APIValue].self) {
            value = .list(values.map(\.value))
        } else {
            value = .object(try container.decode([String: APIValue].self).mapValues(\.value))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch value {
        case .null: try container.encodeNil()
        case .bool(let flag): try container.encode(flag)
        case .number(let number): try container.encode(number)
        case .string(let text): try container.encode(text)
        case .list(let values): try container.encode(values.map(APIValue.init))
        case .object(let members): try container.encode(members.mapValues(APIValue.init))
        }
    }
}

/// Reads a Forwarded field by the grammar of RFC 7239, section 4, strictly.
struct ForwardedReader {
    /// One forwarded-element: its pairs in order, names in small letters, values without their quotes.
    typealias Element = [(name: String, value: String)]

    private var rest: Substring

    /// Reads the value of the field, several lines joined by ", ".
    static func read(_ text: String) throws(WireError) -> [Element] {
        var reader = ForwardedReader(rest: text[...])
        var elements: [Element] = []
        repeat {
            reader.rest = reader.rest.drop { $0 == " " || $0 == "\t" }
            elements.append(try reader.element())
            reader.rest = reader.rest.drop { $0 == " " || $0 == "\t" }
        } while reader.take(",")
        guard reader.rest.isEmpty else { throw WireError("no Forwarded from \"\(reader.rest)\" on in \"\(text)\"") }
        return elements
    }

    private mutating func take(_ mark: Character) -> Bool {
        guard rest.first == mark else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func element() throws(WireError) -> Element {
        var pairs: Element = []
        repeat {
            let name = try token().lowercased()
            guard take("=") else { throw WireError("no \"=\" after \(name)") }
            let value = rest.first == "\"" ? try string() : try token()
            // Section 4: a parameter occurs at most once in an element.
            guard !pairs.contains(where: { $0.name == name }) else { throw WireError("\(name) twice") }
            try Self.check(name, value)
            pairs.append((name, value))
        } while take(";")
        return pairs
    }

    private mutating func token() throws(WireError) -> String {
        let token = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "!#$%&'*+-.^_`|~".contains($0)) }
        guard !token.isEmpty else { throw WireError("no token at \"\(rest)\"") }
        rest.removeFirst(token.count)
        return String(token)
    }

    private mutating func string() throws(WireError) -> String {
        rest.removeFirst()
        var value = ""
        while let character = rest.popFirst() {
            if character == "\"" { return value }
            guard character != "\\" else {
                guard let next = rest.popFirst() else { break }
                value.append(next)
                continue
            }
            value.append(character)
        }
        throw WireError("a string without an end")
    }

    /// Sections 5.2 to 6.3: what the values of the registered parameters may be.
    private static func check(_ name: String, _ value: String) throws(WireError) {
        switch name {
        case "for", "by": guard isNode(value) else { throw WireError("\(name)=\(value) is no node") }
        case "proto": guard ["http", "https"].contains(value) else { throw WireError("proto=\(value)") }
        case "host": guard !value.isEmpty, !value.contains(" ") else { throw WireError("host=\(value)") }
        default: break
        }
    }

    private static func isNode(_ text: String) -> Bool {
        let name = /unknown|_[A-Za-z0-9._-]+|\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[[0-9A-Fa-f:.]+\]/
        let port = /\d{1,5}|_[A-Za-z0-9._-]+/
        guard let match = text.prefixMatch(of: name) else { return false }
        let rest = text[match.range.upperBound...]
        return rest.isEmpty || (rest.first == ":" && rest.dropFirst().wholeMatch(of: port) != nil)
    }
}

extension Expectation {
    /// Forwarded of the first request is well-formed, has `count` elements, and the last says `last`.
    static func forwardedElements(_ count: Int, last: [String: String]) -> Expectation {
        .that { evidence in
            guard let message = evidence.requests.first?.message else { return ["no request"] }
            let lines = message.values("forwarded")
            guard !lines.isEmpty else { return ["no Forwarded"] }
            do throws(WireError) {
                let elements = try ForwardedReader.read(lines.joined(separator: ", "))
                let pairs = elements.last.map { Dictionary($0.map { ($0.name, $0.value) }) { first, _ in first } }
                return (elements.count == count ? [] : ["\(elements.count) elements, not \(count): \(lines)"])
                    + (pairs == last ? [] : ["the last element is \(pairs ?? [:]), not \(last)"])
            } catch { return ["no Forwarded: \(error)"] }
        }
    }
}

import Yams

/// A YAML text as nodes with positions.
///
/// Yams refuses a mapping with a key that is there twice, and says nothing about the rest of the text. So that all
/// faults are told at once, the first of the two keys is given a name that nothing else has, of the same length, and
/// the text is read again; who walks the nodes asks ``name(of:)`` for the name that was written and sees the key twice.
struct YAMLText {
    /// No configuration is larger; a log or a device that was named by mistake is.
    static let bytesMax = 1 << 20
    // Each costs one more reading of the text.
    private static let duplicatesMax = 100

    /// Nil when there is nothing in it but comments.
    let root: Node?
    // The letters that stand in for the first letter of a key, and what they stand for.
    private let standIns: [Unicode.Scalar: Unicode.Scalar]

    /// Nodes that were not read from a text; they have no positions.
    init(root: Node) {
        self.root = root
        standIns = [:]
    }

    /// Reads `text`, which came from the file called `name`.
    ///
    /// - Throws: Where it is not YAML, or more than one document.
    init(_ text: String, name: String) throws(Problem) {
        guard text.utf8.count <= Self.bytesMax else {
            throw Problem(origin: .file(name: name, nil), path: "", message: "must be at most 1MiB long")
        }
        var scalars = Array(text.unicodeScalars)
        if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
        try Self.checkCharacters(of: scalars, name: name)
        var standIns: [Unicode.Scalar: Unicode.Scalar] = [:]
        while true {
            var content = String.UnicodeScalarView()
            content.append(contentsOf: scalars)
            do {
                root = try Self.compose(String(content))
                self.standIns = standIns
                return
            } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
                let mark = context.mark
                guard standIns.count < Self.duplicatesMax, let key = keys.first,
                    let index = Self.start(of: key, at: mark, in: scalars),
                    let standIn = Self.unused(in: scalars)
                else {
                    throw Problem(
                        origin: .file(name: name, Position(mark)), path: "",
                        message: "the key \"\(keys.first ?? "")\" is there twice")
                }
                standIns[standIn] = scalars[index]
                scalars[index] = standIn
            } catch {
                throw Self.problem(error, name: name, last: scalars)
            }
        }
    }

    /// The name that a key was written with.
    func name(of key: Node.Scalar) -> String {
        guard let first = key.string.unicodeScalars.first, let written = standIns[first] else { return key.string }
        return String(written) + String(key.string.unicodeScalars.dropFirst())
    }

    private static func compose(_ text: String) throws -> Node? {
        // The encoding is given because Yams otherwise lets a variable of the environment decide, and prints that.
        try Parser(yaml: text, encoding: .utf8).singleRoot()
    }
}

// Keys that are there twice.
extension YAMLText {
    /// Where the first letter of `key` stands whose node starts at `mark`; nil when it is not simply written there.
    private static func start(of key: String, at mark: Mark, in scalars: [Unicode.Scalar]) -> Int? {
        guard let first = key.unicodeScalars.first, first.properties.isAlphabetic || first == "_" || first == "<" else {
            return nil
        }
        guard var index = index(of: mark, in: scalars), index < scalars.count else { return nil }
        if scalars[index] == "\"" || scalars[index] == "'" { index += 1 }
        return scalars[index...].starts(with: key.unicodeScalars) ? index : nil
    }

    private static func index(of mark: Mark, in scalars: [Unicode.Scalar]) -> Int? {
        var line = 1
        var index = 0
        while line < mark.line, index < scalars.count {
            if isBreak(scalars[index]) {
                if scalars[index] == "\r", index + 1 < scalars.count, scalars[index + 1] == "\n" { index += 1 }
                line += 1
            }
            index += 1
        }
        let place = index + mark.column - 1
        return line == mark.line && place < scalars.count ? place : nil
    }

    private static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
        // What libyaml counts as the end of a line.
        ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"].contains(scalar)
    }

    /// A letter for private use that is nowhere in the text: YAML allows it, and no key has it.
    private static func unused(in scalars: [Unicode.Scalar]) -> Unicode.Scalar? {
        let used = Set(scalars.filter { $0.value >= 0xF0000 })
        return (0xF0000...0xFFFFD).lazy.compactMap(Unicode.Scalar.init).first { !used.contains($0) }
    }
}

// What is not YAML.
extension YAMLText {
    /// Yams would say where in bytes; people look for a line.
    private static func checkCharacters(of scalars: [Unicode.Scalar], name: String) throws(Problem) {
        for (index, scalar) in scalars.enumerated() where !isAllowed(scalar) {
            let code = String(scalar.value, radix: 16, uppercase: true)
            let digits = String(repeating: "0", count: max(0, 4 - code.count)) + code
            throw Problem(
                origin: .file(name: name, position(of: index, in: scalars)), path: "",
                message: "the character U+\(digits) is not allowed in YAML")
        }
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        // YAML 1.2, section 5.1, as libyaml has it.
        switch scalar.value {
        case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...0x10FFFF:
            true
        default: false
        }
    }

    private static func position(of index: Int, in scalars: [Unicode.Scalar]) -> Position {
        var line = 1
        var start = 0
        for place in 0..<index where isBreak(scalars[place]) {
            if scalars[place] == "\r", scalars[place + 1] == "\n" { continue }
            line += 1
            start = place + 1
        }
        return Position(line: line, column: index - start + 1)
    }

    private static func problem(_ error: any Error, name: String, last scalars: [Unicode.Scalar]) -> Problem {
        func at(_ mark: Mark?, _ message: String) -> Problem {
            Problem(origin: .file(name: name, mark.map(Position.init)), path: "", message: message)
        }
        guard let error = error as? YamlError else { return at(nil, "is not YAML: \(error)") }
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _):
            if problem.hasPrefix("Maximum nesting level") { return at(mark, "is nested too deeply") }
            let place = context.map { " (\($0.text), line \($0.mark.line))" } ?? ""
            return at(mark, "is not YAML: \(problem)\(place)")
        case .composer(_, let problem, let mark, _):
            if problem == "but found another document" {
                return at(mark, "there is a second document; a configuration is one document")
            }
            return at(mark, "is not YAML: \(problem)")
        case .memory:
            return at(nil, "is nested too deeply")
        case .reader(let problem, _, _, _), .writer(let problem), .emitter(let problem), .representer(let problem):
            return at(nil, "is not YAML: \(problem)")
        case .no, .dataCouldNotBeDecoded, .duplicatedKeysInMapping:
            return at(nil, "is not YAML")
        }
    }
}

extension Position {
    /// A mark of Yams, which counts from 1 as well.
    init(_ mark: Mark) { self.init(line: mark.line, column: mark.column) }
}

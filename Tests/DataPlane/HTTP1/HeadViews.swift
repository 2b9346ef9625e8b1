import Testing

@testable import DataPlane

/// A parsed field as text, for comparisons.
struct FieldView: Equatable {
    var name: String
    var value: String
    var isHopByHop: Bool
}

/// What a request head says, as text: two heads with the same meaning have equal views.
struct RequestView: Equatable {
    var length: Int
    var method: Method
    var target: String
    var path: String
    var authority: String
    var minor: UInt8
    var framing: BodyFraming
    var keepAlive: Bool
    var fields: [FieldView]
}

/// What a response head says, as text.
struct ResponseView: Equatable {
    var length: Int
    var status: UInt16
    var reason: String
    var minor: UInt8
    var framing: BodyFraming
    var keepAlive: Bool
    var fields: [FieldView]
}

/// The outcome of a parser.
enum Outcome<View: Equatable>: Equatable {
    case incomplete
    case head(View)
    case failed(HTTP1Error)
}

extension [UInt8] {
    /// The bytes of `text`, a character of Latin-1 each, so that tests can write obs-text as `\u{FF}`.
    init(_ text: String) {
        self = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    }

    func text(_ range: ByteRange) -> String { text(range.bounds) }
    func text(_ range: Range<Int>) -> String {
        String(String.UnicodeScalarView(self[range].map { Unicode.Scalar($0) }))
    }
}

private func views(_ fields: ArraySlice<Field>, _ bytes: [UInt8]) -> [FieldView] {
    fields.map { FieldView(name: bytes.text($0.name), value: bytes.text($0.value), isHopByHop: $0.isHopByHop) }
}

/// Parses a request head with `head`, which may have held another one.
func parse(_ bytes: [UInt8], with head: inout RequestHead, limits: HeadLimits = HeadLimits()) -> Outcome<RequestView> {
    do throws(HTTP1Error) {
        guard let length = try head.parse(bytes.span.bytes, limits: limits) else { return .incomplete }
        return .head(
            RequestView(
                length: length, method: head.method, target: bytes.text(head.target), path: bytes.text(head.path),
                authority: bytes.text(head.authority), minor: head.versionMinor, framing: head.framing,
                keepAlive: head.keepAlive, fields: views(head.fields, bytes)))
    } catch {
        return .failed(error)
    }
}

/// Parses the head of a response to a GET with `head`, which may have held another one.
func parse(
    _ bytes: [UInt8], with head: inout ResponseHead, limits: HeadLimits = HeadLimits()
) -> Outcome<ResponseView> {
    do throws(HTTP1Error) {
        guard let length = try head.parse(bytes.span.bytes, limits: limits) else { return .incomplete }
        return .head(
            ResponseView(
                length: length, status: head.status, reason: bytes.text(head.reason), minor: head.versionMinor,
                framing: head.framing(for: .get), keepAlive: head.keepAlive, fields: views(head.fields, bytes)))
    } catch {
        return .failed(error)
    }
}

/// Checks one request head at once, in every split, and with bytes behind it that must change nothing.
@discardableResult
func tryRequest(
    _ text: String, limits: HeadLimits = HeadLimits(), sourceLocation: SourceLocation = #_sourceLocation
) -> Outcome<RequestView> {
    tryAllSplits([UInt8](text), RequestHead(), sourceLocation) {
        parse($0, with: &$1, limits: limits)
    } length: {
        $0.length
    }
}

/// Checks one response head likewise.
@discardableResult
func tryResponse(
    _ text: String, limits: HeadLimits = HeadLimits(), sourceLocation: SourceLocation = #_sourceLocation
) -> Outcome<ResponseView> {
    tryAllSplits([UInt8](text), ResponseHead(), sourceLocation) {
        parse($0, with: &$1, limits: limits)
    } length: {
        $0.length
    }
}

private func tryAllSplits<Head: ~Copyable, View>(
    _ bytes: [UInt8], _ fresh: consuming Head, _ location: SourceLocation,
    _ parse: ([UInt8], inout Head) -> Outcome<View>, length: (View) -> Int
) -> Outcome<View> {
    var head = fresh
    let whole = parse(bytes, &head)
    // The parser has no memory of the bytes before, so every prefix stands for all ways to split what came until then.
    var scanner = HeadScanner()
    var sawEnd = false
    for count in 0..<bytes.count {
        let prefix = Array(bytes[..<count])
        let outcome = parse(prefix, &head)
        let isEarly =
            switch whole {
            case .head(let view): count < length(view)
            case .failed, .incomplete: true
            }
        if isEarly {
            #expect(outcome == .incomplete || outcome == whole, "prefix of \(count)", sourceLocation: location)
        } else {
            #expect(outcome == whole, "prefix of \(count)", sourceLocation: location)
        }
        if case .head = whole, isEarly {
            #expect(outcome == .incomplete, "prefix of \(count)", sourceLocation: location)
        }
        sawEnd = scanner.isComplete(prefix.span.bytes) || sawEnd
        if case .head = outcome { #expect(sawEnd, "scanner at \(count)", sourceLocation: location) }
    }
    sawEnd = scanner.isComplete(bytes.span.bytes) || sawEnd
    if case .head = whole {
        #expect(sawEnd, "scanner", sourceLocation: location)
        for tail in [
            "G", "\r\n", "\0", "\u{FF}\u{FF}\u{FF}\u{FF}\u{FF}\u{FF}\u{FF}\u{FF}\u{FF}", "GET / HTTP/1.1\r\n\r\n",
        ] {
            #expect(parse(bytes + [UInt8](tail), &head) == whole, "with \(tail) behind", sourceLocation: location)
        }
    }
    return whole
}

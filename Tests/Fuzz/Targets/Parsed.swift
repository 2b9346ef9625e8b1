import TestSupport

@testable import DataPlane

/// The verdict of a parser of heads.
enum Parsed: Equatable {
    case more
    /// A whole head of so many bytes.
    case head(Int)
    case failed(HTTP1Error)

    var text: String {
        switch self {
        case .more: "more"
        case .head(let length): "head of \(length)"
        case .failed(let error): "refused, \(error)"
        }
    }

    /// Where to cut: everywhere in short ones, at some places in long ones; in ascending order.
    static func cuts(of bytes: [UInt8], _ random: inout SplitMix64) -> [Int] {
        if bytes.count <= 32 { return Array(0..<bytes.count) }
        return (0..<6).map { _ in Int.random(in: 0..<bytes.count, using: &random) }.sorted()
    }

    /// Holds the verdict on the first `count` bytes against that on all of them.
    static func check(_ part: Parsed, ofFirst count: Int, _ whole: Parsed) throws(Finding) {
        let isRight =
            switch whole {
            case .head(let length): count < length ? part == .more : part == whole
            case .failed: part == .more || part == whole
            case .more: part == .more
            }
        try expect(isRight, "\(part.text) for the first \(count) bytes, \(whole.text) for all")
    }
}

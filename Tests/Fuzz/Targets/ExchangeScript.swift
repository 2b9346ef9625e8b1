/// What a client and an upstream do, step by step, as bytes that can be written by hand and mutated without much harm.
///
/// Each step begins with 0x1E (record separator) and a letter; what follows, up to the next step, is its data:
///
///     c DATA  the client sends          u DATA  the upstream sends on its newest connection
///     C DATA  a new client does         U DATA  the upstream sends on its oldest open connection
///     h       the client sends no more  H       the upstream sends no more
///     x       the client closes         X       the upstream closes
///     r       the client resets         R       the upstream resets
///     d, g    the client stops reading, and goes on
///     D, G    the upstream stops reading, and goes on
///     w N     10 to the power of N microseconds pass, N from 0 to 6
///     n       what comes next happens at the same moment
///     o ABC   options of the whole world, see ``ExchangeOptions``
///
/// Data before the first step is the client's.
struct ExchangeScript {
    struct Step {
        var letter: UInt8
        var data: [UInt8]
    }

    /// Steps above this one are left out, so that no input takes long.
    static let stepsMax = 60

    private(set) var steps: [Step] = []
    private(set) var options = ExchangeOptions()

    init(_ bytes: [UInt8]) {
        var parts = bytes.split(separator: 0x1E, omittingEmptySubsequences: false)
        let first = parts.removeFirst()
        if !first.isEmpty { steps.append(Step(letter: UInt8(ascii: "c"), data: Array(first))) }
        for part in parts.prefix(Self.stepsMax) {
            guard let letter = part.first else { continue }
            let data = Array(part.dropFirst())
            if letter == UInt8(ascii: "o") { options.add(data) } else { steps.append(Step(letter: letter, data: data)) }
        }
    }
}

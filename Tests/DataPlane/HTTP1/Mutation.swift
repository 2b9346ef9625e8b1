import TestSupport

/// Bytes that parsers treat specially.
private let special: [UInt8] = [
    0, 9, 10, 13, 32, 0x7F, 0x80, 0xFF, UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "%"),
    UInt8(ascii: "/"), UInt8(ascii: "0"), UInt8(ascii: "9"), UInt8(ascii: "\""), UInt8(ascii: "["), UInt8(ascii: "@"),
]

/// Changes `bytes` in a few places: bytes set, put in, taken out, doubled, or cut off.
func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
    for _ in 0..<Int.random(in: 1..<4, using: &random) {
        guard !bytes.isEmpty else { return }
        let place = Int.random(in: 0..<bytes.count, using: &random)
        let byte =
            Bool.random(using: &random)
            ? special.randomElement(using: &random) ?? 0 : UInt8.random(in: .min ... .max, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0, 1: bytes[place] = byte
        case 2: bytes.insert(byte, at: place)
        case 3: bytes.remove(at: place)
        case 4:
            let end = Int.random(in: place...min(bytes.count, place + 20), using: &random)
            bytes.insert(contentsOf: bytes[place..<end], at: place)
        default: bytes.removeSubrange(Int.random(in: place...bytes.count, using: &random)...)
        }
    }
}

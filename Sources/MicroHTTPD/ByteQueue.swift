/// Bytes that wait to be taken from the front.
struct ByteQueue {
    private var bytes: [UInt8] = []
    private var start = 0

    var count: Int { bytes.count - start }

    mutating func append(_ more: [UInt8]) {
        // Taken bytes are dropped when they are the larger part, so that a queue that never runs empty stays small.
        if start > bytes.count / 2 {
            bytes.removeFirst(start)
            start = 0
        }
        bytes.append(contentsOf: more)
    }

    /// Copies as much as fits into `target` and forgets it; returns how much.
    mutating func take(into target: UnsafeMutableRawBufferPointer) -> Int {
        let taken = min(count, target.count)
        guard taken > 0 else { return 0 }
        target.copyBytes(from: bytes[start..<start + taken])
        start += taken
        if start == bytes.count {
            bytes.removeAll(keepingCapacity: bytes.count <= 16_384)
            start = 0
        }
        return taken
    }
}

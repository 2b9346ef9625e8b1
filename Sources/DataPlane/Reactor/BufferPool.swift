/// The blocks of memory that a loop's buffers are made of: used last in, first out, so that they stay in the cache.
final class BufferPool {
    /// How many bytes a block has: a whole head at its default limit.
    static let blockSize = 32 << 10
    // More free blocks than this go back to the system.
    private static let freeMax = 256

    private var free: [UnsafeMutableRawPointer] = []

    /// A pool without blocks.
    init() { free.reserveCapacity(Self.freeMax) }

    deinit {
        for block in free { block.deallocate() }
    }

    /// Gives `buffer` memory if it has none.
    func provide(_ buffer: inout Buffer) {
        guard !buffer.isAllocated else { return }
        buffer = Buffer(
            adopting: free.popLast() ?? .allocate(byteCount: Self.blockSize, alignment: 16), capacity: Self.blockSize)
    }

    /// Takes the memory of a buffer that holds nothing.
    func reclaim(_ buffer: inout Buffer) {
        guard buffer.isEmpty, buffer.isAllocated else { return }
        guard buffer.capacity == Self.blockSize, free.count < Self.freeMax, let block = buffer.release() else {
            buffer = Buffer()
            return
        }
        free.append(block)
    }
}

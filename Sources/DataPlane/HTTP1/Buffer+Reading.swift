// Readers lent a whole buffer: a span of one that a class stores cannot be passed along with other accesses to it.

extension HeadScanner {
    /// Whether the bytes that wait in `buffer` hold the end of a head.
    mutating func isComplete(in buffer: borrowing Buffer) -> Bool { isComplete(buffer.readable) }
}

extension ResponseHead {
    /// Parses the head that the bytes in `buffer` begin with, of a response to a request of `method`.
    mutating func parse(
        from buffer: borrowing Buffer, limits: HeadLimits, answering method: Method = .get
    ) throws(HTTP1Error) -> Int? {
        try parse(buffer.readable, limits: limits, answering: method)
    }

    /// What the Connection options of the head at the front of `buffer` name.
    func connectionNames(in buffer: borrowing Buffer) -> ConnectionNames? {
        section.connectionNames(buffer.readable)
    }
}

extension RequestHead {
    /// What the Connection options of the head at the front of `buffer` name.
    func connectionNames(in buffer: borrowing Buffer) -> ConnectionNames? {
        section.connectionNames(buffer.readable)
    }

    /// Parses the head that the bytes in `buffer` begin with.
    mutating func parse(from buffer: borrowing Buffer, limits: HeadLimits) throws(HTTP1Error) -> Int? {
        try parse(buffer.readable, limits: limits)
    }

    /// What the Max-Forwards field says, of the head that the bytes in `buffer` begin with.
    func maxForwards(in buffer: borrowing Buffer) -> MaxForwards { maxForwards(buffer.readable) }

    /// Whether Via names `name` already, in the head that the bytes in `buffer` begin with.
    func viaNames(_ name: [UInt8], in buffer: borrowing Buffer) -> Bool { viaNames(buffer.readable, name) }
}

// Readers lent a whole buffer: a span of one that a class stores cannot be passed along with other accesses to it.

extension BodyReader {
    /// Takes the body's part of the bytes that wait in `buffer`, without consuming them there.
    mutating func take(from buffer: borrowing Buffer) throws(HTTP1Error) -> Progress {
        try take(buffer.readable)
    }
}

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
    func connectionNames(in buffer: borrowing Buffer) -> ConnectionNames {
        section.connectionNames(buffer.readable)
    }
}

extension RequestHead {
    /// What the Connection options of the head at the front of `buffer` name.
    func connectionNames(in buffer: borrowing Buffer) -> ConnectionNames {
        section.connectionNames(buffer.readable)
    }

    /// Parses the head that the bytes in `buffer` begin with.
    mutating func parse(from buffer: borrowing Buffer, limits: HeadLimits) throws(HTTP1Error) -> Int? {
        try parse(buffer.readable, limits: limits)
    }
}

/// What passing one block from a socket to another came to.
struct Passage {
    /// What ended it, if anything did.
    enum Event {
        case sourceEnded
        case sourceBroke(SystemError)
        case sinkBroke(SystemError)
    }

    /// How many bytes were taken from the source, and given to the sink.
    var received = 0
    var sent = 0
    var event: Event?
}

extension Loop {
    /// Passes a block from `source` to `sink`, as far as goes at once: what `buffer` holds, else what there is to be
    /// received.
    ///
    /// The buffer has memory only while something is in it.
    func pass(from source: Socket, to sink: Socket, through buffer: inout Buffer) -> Passage {
        var passage = Passage()
        if buffer.isEmpty {
            guard source.isReadable else { return passage }
            buffers.provide(&buffer)
            switch receive(source, into: &buffer) {
            case .moved(let count): passage.received = count
            case .end: passage.event = .sourceEnded
            case .failed(let error): passage.event = .sourceBroke(error)
            }
        }
        if !buffer.isEmpty, sink.isWritable {
            switch send(sink, &buffer) {
            case .moved(let count): passage.sent = count
            case .failed(let error): passage.event = .sinkBroke(error)
            case .end: break
            }
        }
        buffers.reclaim(&buffer)
        return passage
    }
}

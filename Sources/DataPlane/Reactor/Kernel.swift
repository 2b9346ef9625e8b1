/// All that a loop asks of the world outside: the system's kernel, or a simulated one in tests.
///
/// It is a generic parameter of everything above it and specialised away in release builds, so that the seam costs
/// nothing (measured). Calls never block but for ``wait(into:nanoseconds:)``.
protocol Kernel: SendableMetatype {
    associatedtype Waker: LoopWaker

    /// Ends a wait of this kernel's loop, from any thread.
    var waker: Waker { get }

    /// The monotonic clock.
    func now() -> Instant
    /// Seconds since 1970, for people.
    var wallClockSeconds: Int64 { get }
    /// A number by chance, for a generator to begin with.
    func seed() -> UInt64
    /// Gives back what the kernel object itself holds; nothing may be asked of it afterwards.
    func end()

    /// Where a socket is bound, with its port.
    func localAddress(of descriptor: Descriptor) -> ResolvedAddress?
    /// The next waiting client and its address.
    func accept(from listener: Descriptor) throws(SystemError) -> (Descriptor, ResolvedAddress)
    /// Begins to connect; what comes of it shows in a send or a receive.
    func connect(to address: ResolvedAddress) throws(SystemError) -> Descriptor
    /// What a connect or a broken socket failed with, if it did.
    func pendingError(of descriptor: Descriptor) -> SystemError?

    /// Returns the count of bytes received, 0 at the end of the stream, or minus errno.
    func receive(_ descriptor: Descriptor, into bytes: UnsafeMutableRawBufferPointer) -> Int
    /// Returns the count of bytes sent, or minus errno.
    func send(_ descriptor: Descriptor, _ bytes: UnsafeRawBufferPointer) -> Int
    /// Sends two blocks as one.
    func send(_ descriptor: Descriptor, _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> Int
    /// Tells the peer that nothing more will be sent.
    func shutdownWrite(_ descriptor: Descriptor)
    func close(_ descriptor: Descriptor)
    /// Closes with a reset, so that the peer can tell it from an orderly end and no TIME_WAIT stays here.
    func reset(_ descriptor: Descriptor)
    func setNoDelay(_ descriptor: Descriptor)
    func setKeepAlive(_ descriptor: Descriptor, idleSeconds: Int32)

    /// Watches a connected socket for both directions, edge-triggered, once and for all.
    func watch(_ descriptor: Descriptor, token: UInt64) throws(SystemError)
    /// Watches a listener, level-triggered; of several loops that watch it one is woken.
    func watchListener(_ descriptor: Descriptor, token: UInt64) throws(SystemError)
    /// Ends either.
    func unwatch(_ descriptor: Descriptor)
    /// Waits until something happens or so many nanoseconds have passed (below zero: for ever).
    func wait(into events: inout [KernelEvent], nanoseconds: Int64)
}

/// Ends the wait of a loop.
protocol LoopWaker: Sendable {
    func wake()
}

/// Something that happened to a watched socket.
struct KernelEvent {
    /// As it was given when the socket was first watched; ``wakeToken`` for a wake-up.
    var token: UInt64
    var readiness: Readiness

    /// Stands for a wake-up from another thread.
    static let wakeToken = UInt64.max
}

/// What can be done with a socket without waiting.
struct Readiness: OptionSet, Sendable {
    let rawValue: UInt8

    static let readable = Readiness(rawValue: 1)
    static let writable = Readiness(rawValue: 2)
    /// The peer sends no more (it may still read), or the connection is broken.
    static let hangUp = Readiness(rawValue: 4)
    /// The connection is broken both ways.
    static let broken = Readiness(rawValue: 8)
}

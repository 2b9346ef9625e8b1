import Control
import Glibc
import TestSupport

@testable import DataPlane

/// All that lies outside of simulated loops: virtual time, the network between sockets, and what will happen.
///
/// `@unchecked Sendable` is right because a world is used by the one thread that made it, which every call checks.
final class SimulatedWorld: @unchecked Sendable {
    /// Virtual nanoseconds.
    private(set) var now: UInt64 = 1_000_000_000
    var faults: Faults
    /// The most descriptors that may be open; one more fails with EMFILE.
    var descriptorsMax = Int.max
    /// What went against the rules, in words.
    private(set) var violations: [String] = []
    /// Depends on all that happened, and in which order.
    private(set) var traceHash: UInt64 = 0xCBF2_9CE4_8422_2325
    /// How many descriptors the proxy has open, listeners aside.
    private(set) var openDescriptors = 0

    private var random: SplitMix64
    // Apart, so that what else happens does not depend on how many there are.
    private var seeds: SplitMix64
    private var queue = HappeningQueue()
    private let thread = pthread_self()
    private var ends: [Int32: SimulatedEnd] = [:]
    private var listeners: [Int32: SimulatedListener] = [:]
    private var upstreams: [ServerAddress: any SimulatedServer] = [:]
    // Numbers below `nextDescriptor` that are closed, the least one last.
    private var vacant: [Int32] = []
    private var nextDescriptor: Int32 = 3
    private var connectionCount = 0
    private let isTraced = getenv("SLUICE_TRACE") != nil

    /// A world where all chance follows from `seed`.
    init(seed: UInt64, faults: Faults = .none) {
        random = SplitMix64(seed: seed)
        seeds = SplitMix64(seed: ~seed)
        self.faults = faults
    }

    // MARK: Time

    /// When the next thing happens by itself; nil when nothing lies ahead.
    var nextHappening: UInt64? { queue.next }

    /// Has `action` happen so many nanoseconds from now.
    func after(_ nanoseconds: UInt64, _ action: @escaping () -> Void) {
        checkThread()
        queue.add(at: now + nanoseconds, action)
    }

    /// Lets the time pass until `instant`.
    func advance(to instant: UInt64) {
        if instant > now { now = instant }
    }

    /// Lets all happen that is due; returns whether there was anything.
    func runDue() -> Bool {
        var ran = false
        while let action = queue.takeDue(at: now) {
            action()
            ran = true
        }
        return ran
    }

    /// Stops the test when the caller is on another thread than all others before.
    func checkThread() { precondition(pthread_equal(thread, pthread_self()) != 0, "a simulation left its thread") }

    /// Forgets all that lies ahead, so that nothing holds the world any longer.
    func end() {
        queue = HappeningQueue()
        upstreams = [:]
        for end in ends.values { end.close() }
        ends = [:]
    }

    // MARK: Chance

    /// The next number of the seed's sequence.
    func number() -> UInt64 { random.next() }

    /// A number for a generator of the proxy's to begin with.
    func seed() -> UInt64 { seeds.next() }

    /// A number of `range`.
    func pick(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(random.next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    /// True so many times out of a thousand.
    func chance(_ perMille: Int) -> Bool { perMille > 0 && random.next() % 1000 < UInt64(perMille) }

    /// One of `values`, which must not be empty.
    func among<Value>(_ values: [Value]) -> Value { values[pick(0...values.count - 1)] }

    /// How long something is under way.
    func latency() -> UInt64 { faults.latencyMax == 0 ? 0 : random.next() % faults.latencyMax }

    // MARK: What happened

    /// Takes a happening into the trace.
    func note(_ what: StaticString, _ a: Int, _ b: Int = 0) {
        if isTraced { print("\(now - 1_000_000_000) \(what) \(a) \(b)") }
        mix(UInt64(what.utf8CodeUnitCount) << 8 | UInt64(what.utf8Start.pointee))
        mix(now)
        mix(UInt64(bitPattern: Int64(a)))
        mix(UInt64(bitPattern: Int64(b)))
    }

    /// Notes that a rule was broken, and how; only the first ones are kept.
    func violate(_ rule: Rule, _ what: String) {
        if isTraced { print("\(now - 1_000_000_000) VIOLATION \(rule): \(what)") }
        if violations.count < 10 {
            violations.append("at \(Double(now - 1_000_000_000) / 1e6) ms: \(rule): \(what)")
        }
    }

    private func mix(_ value: UInt64) { traceHash = (traceHash ^ value) &* 0x0000_0100_0000_01B3 &+ (traceHash >> 29) }

    // MARK: Descriptors

    /// The connection's end that `descriptor` stands for; using a closed one breaks a rule.
    func end(_ descriptor: Descriptor, _ use: StaticString) -> SimulatedEnd? {
        checkThread()
        if let end = ends[descriptor.rawValue] { return end }
        violate(.descriptors, "\(use) of the closed descriptor \(descriptor.rawValue)")
        return nil
    }

    /// The listener that `descriptor` stands for.
    func listener(_ descriptor: Descriptor) -> SimulatedListener? {
        checkThread()
        return listeners[descriptor.rawValue]
    }

    /// A descriptor for an end of a connection; nil when there are none left.
    func open(_ end: SimulatedEnd) -> Descriptor? {
        guard openDescriptors < descriptorsMax else { return nil }
        let number: Int32
        if faults.reusesDescriptors, let least = vacant.popLast() {
            number = least
        } else {
            number = nextDescriptor
            nextDescriptor += 1
        }
        openDescriptors += 1
        ends[number] = end
        return Descriptor(rawValue: number)
    }

    /// Gives a descriptor back.
    func release(_ descriptor: Descriptor) {
        guard ends.removeValue(forKey: descriptor.rawValue) != nil else { return }
        openDescriptors -= 1
        guard faults.reusesDescriptors else { return }
        let place = vacant.firstIndex { $0 < descriptor.rawValue } ?? vacant.count
        vacant.insert(descriptor.rawValue, at: place)
    }

    /// A new listener, on TCP or on a Unix socket.
    func listen(isUnix: Bool = false) -> (Descriptor, SimulatedListener) {
        let listener = SimulatedListener(world: self, isUnix: isUnix)
        let descriptor = Descriptor(rawValue: nextDescriptor)
        nextDescriptor += 1
        listeners[descriptor.rawValue] = listener
        return (descriptor, listener)
    }

    /// The number of the next connection.
    func takeConnectionNumber() -> Int {
        connectionCount += 1
        return connectionCount
    }

    // MARK: Upstreams

    /// Has `server` answer at `port`.
    func serve(_ port: UInt16, _ server: any SimulatedServer) { serve(.tcp(port), server) }

    /// Has `server` answer at `address`.
    func serve(_ address: ServerAddress, _ server: any SimulatedServer) { upstreams[address] = server }

    /// Who answers at `address`.
    func server(_ address: ServerAddress) -> (any SimulatedServer)? { upstreams[address] }
}

/// Where a simulated upstream can be found: a port of 127.0.0.1, or the path of a Unix socket.
enum ServerAddress: Hashable {
    case tcp(UInt16)
    case unix(String)

    /// The address that the proxy connects to.
    init(_ address: ResolvedAddress) {
        guard address.isUnix else {
            self = .tcp(address.port)
            return
        }
        self = address.withSocketAddress { pointer, length in
            let bytes = UnsafeRawBufferPointer(start: pointer, count: Int(length))
            // Behind the two bytes of the family, up to the first zero (unix(7)).
            return .unix(String(decoding: bytes.dropFirst(2).prefix { $0 != 0 }, as: UTF8.self))
        }
    }
}

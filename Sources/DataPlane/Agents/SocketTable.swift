/// The sockets of one pool in a dense table, and the list of the free ones from the newest to the oldest.
///
/// Links are indices, so that moving a socket in or out of the list neither allocates nor counts references.
struct SocketTable {
    private(set) var records: [SocketRecord] = []
    /// How many slots hold a socket.
    private(set) var count = 0
    /// How many sockets are free.
    private(set) var freeCount = 0
    /// The ends of the list of free sockets; -1 when it is empty.
    private(set) var newest: Int32 = -1
    private(set) var oldest: Int32 = -1
    private var vacant: Int32 = -1

    /// The record in a slot.
    subscript(index: Int32) -> SocketRecord {
        _read { yield records[Int(index)] }
        _modify { yield &records[Int(index)] }
    }

    /// The identifier of the socket in a slot.
    func id(_ index: Int32) -> SocketID { SocketID(slot: index, generation: self[index].generation) }

    /// The slot of a socket that must be in `state`; anything else is a mistake of the caller.
    func index(of id: SocketID, in state: SocketRecord.State, _ event: StaticString) -> Int32 {
        precondition(records.indices.contains(Int(id.slot)), "\(event): there is no slot \(id.slot)")
        let found = self[id.slot].generation
        precondition(found == id.generation, "\(event): stale generation \(id.generation), now \(found)")
        precondition(self[id.slot].state == state, "\(event) while \(self[id.slot].state)")
        return id.slot
    }

    /// Puts a socket into a vacant slot and returns it.
    mutating func insert(_ record: SocketRecord) -> Int32 {
        count += 1
        var record = record
        if vacant >= 0 {
            let index = vacant
            vacant = self[index].older
            record.generation = self[index].generation
            self[index] = record
            return index
        }
        records.append(record)
        return Int32(records.count - 1)
    }

    /// Makes a slot vacant; its socket must not be in the list.
    mutating func remove(_ index: Int32) {
        let generation = self[index].generation &+ 1
        self[index] = SocketRecord()
        self[index].generation = generation
        self[index].older = vacant
        vacant = index
        count -= 1
    }

    /// Puts a socket at the newest end of the list.
    mutating func link(_ index: Int32) {
        self[index].newer = -1
        self[index].older = newest
        if newest >= 0 { self[newest].newer = index } else { oldest = index }
        newest = index
        freeCount += 1
    }

    /// Takes a socket out of the list.
    mutating func unlink(_ index: Int32) {
        let (newer, older) = (self[index].newer, self[index].older)
        if newer >= 0 { self[newer].older = older } else { newest = older }
        if older >= 0 { self[older].newer = newer } else { oldest = newer }
        freeCount -= 1
    }
}

/// One open socket of a pool, for the API.
struct PoolSocket: Equatable, Sendable {
    let id: SocketID
    /// Unique in this process: the loop's number in the upper 16 bits, a count below.
    let serial: UInt64
    let state: SocketRecord.State
    /// When it began to connect.
    let createdAt: Instant
    /// Since when it is free; nil while it is not.
    let freeSince: Instant?
    /// How many requests it was leased for, the present one included.
    let requests: UInt64
}

extension Pool {
    /// How many sockets have their permit out here, closing ones included.
    var socketCount: Int { table.count }

    /// The number of an open socket for people.
    func serial(of id: SocketID) -> UInt64 { table[id.slot].serial }

    /// The sockets as they are now, closing ones included, by slot.
    var sockets: [PoolSocket] {
        table.records.indices.compactMap { slot in
            let record = table.records[slot]
            guard record.state != .vacant else { return nil }
            return PoolSocket(
                id: table.id(Int32(slot)), serial: record.serial, state: record.state, createdAt: record.createdAt,
                freeSince: record.state == .free ? record.freeSince : nil, requests: record.requests)
        }
    }
}

/// What a load measured. Times are seconds.
package struct LoadResult: Sendable, Equatable {
    /// Answered requests.
    package private(set) var transactions = 0
    package var failed = 0
    package var elapsed = 0.0
    /// Bytes of all bodies.
    package private(set) var bytes = 0
    package private(set) var longest = 0.0
    package private(set) var shortest = 0.0
    /// The sum of all response times.
    package private(set) var busy = 0.0
    // Microseconds, one for each transaction.
    private var times: [UInt32] = []

    /// Nothing yet.
    package init() {}

    /// Counts one answer.
    package mutating func record(seconds: Double, bytes: Int) {
        shortest = transactions == 0 ? seconds : min(shortest, seconds)
        longest = max(longest, seconds)
        transactions += 1
        busy += seconds
        self.bytes += bytes
        times.append(UInt32(clamping: Int(seconds * 1e6)))
    }

    /// Adds what another user measured.
    package mutating func add(_ other: LoadResult) {
        if other.transactions > 0 {
            shortest = transactions == 0 ? other.shortest : min(shortest, other.shortest)
        }
        longest = max(longest, other.longest)
        transactions += other.transactions
        failed += other.failed
        busy += other.busy
        bytes += other.bytes
        times += other.times
    }

    /// The share of requests that were answered, in percent.
    package var availability: Double {
        let all = transactions + failed
        return all == 0 ? 0 : 100 * Double(transactions) / Double(all)
    }

    package var responseTime: Double { transactions == 0 ? 0 : busy / Double(transactions) }
    /// Answers a second.
    package var transactionRate: Double { elapsed > 0 ? Double(transactions) / elapsed : 0 }
    /// Megabytes a second, as siege counts them: 2^20 bytes.
    package var throughput: Double { elapsed > 0 ? dataTransferred / elapsed : 0 }
    /// Megabytes.
    package var dataTransferred: Double { Double(bytes) / 1_048_576 }
    /// How many requests were under way at a time, on average.
    package var concurrency: Double { elapsed > 0 ? busy / elapsed : 0 }

    /// The times below which these shares (0 to 1) of the answers lie; exact.
    package func quantiles(_ shares: [Double]) -> [Double] {
        let sorted = times.sorted()
        return shares.map { share in
            guard !sorted.isEmpty else { return 0 }
            let rank = Int((share * Double(sorted.count)).rounded(.up)) - 1
            return Double(sorted[min(max(rank, 0), sorted.count - 1)]) / 1e6
        }
    }

    /// How many answers took up to each of `edges` (seconds), and longer than the last.
    package func histogram(edges: [Double]) -> [Int] {
        var counts = [Int](repeating: 0, count: edges.count + 1)
        for time in times {
            let seconds = Double(time) / 1e6
            counts[edges.firstIndex { seconds <= $0 } ?? edges.count] += 1
        }
        return counts
    }
}

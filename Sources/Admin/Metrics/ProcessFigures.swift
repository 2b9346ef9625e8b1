import FoundationEssentials
import Glibc
import Prometheus

/// What the kernel says of this process (proc(5)); nil where it says nothing.
struct ProcessFigures: Sendable {
    var cpuSeconds: Double?
    var startSeconds: Double?
    var virtualBytes: UInt64?
    var virtualBytesMax: UInt64?
    var residentBytes: UInt64?
    var openDescriptors: UInt64?
    var descriptorsMax: UInt64?
    var threads: UInt64?

    /// As they are now.
    static func read() -> ProcessFigures {
        var figures = ProcessFigures()
        let ticks = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
        // The command's name stands in parentheses and may hold anything; fields are counted from behind the last one.
        if let stat = text("/proc/self/stat"), let end = stat.lastIndex(of: ")") {
            let fields = stat[stat.index(after: end)...].split(separator: " ")
            func field(_ number: Int) -> UInt64? { fields.count > number - 3 ? UInt64(fields[number - 3]) : nil }
            if let user = field(14), let system = field(15) { figures.cpuSeconds = Double(user + system) / ticks }
            if let start = field(22), let boot = bootSeconds { figures.startSeconds = boot + Double(start) / ticks }
            figures.threads = field(20)
            figures.virtualBytes = field(23)
            figures.residentBytes = field(24).map { $0 &* UInt64(max(0, sysconf(Int32(_SC_PAGESIZE)))) }
        }
        if let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            // One of them is the directory that is being read.
            figures.openDescriptors = UInt64(max(0, names.count - 1))
        }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            figures.descriptorsMax = UInt64(limit.rlim_cur)
        }
        if getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0 {
            figures.virtualBytesMax = UInt64(limit.rlim_cur)
        }
        return figures
    }

    /// When the machine started, in seconds since 1970; it does not change.
    private static let bootSeconds: Double? = {
        let line = text("/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Double($0.dropFirst("btime ".count)) }
    }()

    private static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// The standard families of a process, by the names that Prometheus' own libraries use.
enum ProcessMetrics {
    private static let cpu = MetricFamily(.counter, "process_cpu_seconds", "CPU time in user and kernel mode.")
    private static let start = MetricFamily(
        .gauge, "process_start_time_seconds", "When the process started, in seconds since 1970.")
    private static let virtual = MetricFamily(.gauge, "process_virtual_memory_bytes", "Size of the address space.")
    private static let virtualMost = MetricFamily(
        .gauge, "process_virtual_memory_max_bytes", "Size that the address space may have.")
    private static let resident = MetricFamily(.gauge, "process_resident_memory_bytes", "Memory that is resident.")
    private static let open = MetricFamily(.gauge, "process_open_fds", "Open file descriptors.")
    private static let most = MetricFamily(.gauge, "process_max_fds", "File descriptors that may be open.")
    private static let threads = MetricFamily(.gauge, "process_threads", "Threads of the operating system.")

    /// What is known.
    static func write(to text: inout Exposition, _ figures: ProcessFigures) {
        func write(_ family: MetricFamily, _ value: Double?) {
            guard let value else { return }
            text.begin(family)
            text.sample(.none, value)
        }
        write(cpu, figures.cpuSeconds)
        write(start, figures.startSeconds)
        write(virtual, figures.virtualBytes.map { Double($0) })
        write(virtualMost, figures.virtualBytesMax.map { Double($0) })
        write(resident, figures.residentBytes.map { Double($0) })
        write(open, figures.openDescriptors.map { Double($0) })
        write(most, figures.descriptorsMax.map { Double($0) })
        write(threads, figures.threads.map { Double($0) })
    }
}

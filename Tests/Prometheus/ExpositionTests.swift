import Testing

@testable import Prometheus

@Suite struct ExpositionTests {
    private static let jobs = MetricFamily(.counter, "jobs", "Jobs done.")
    private static let depth = MetricFamily(.gauge, "queue_depth", "How \"deep\" it is\\was.\nOver two lines.")
    private static let wait = MetricFamily(.histogram, "wait_seconds", "How long.")
    private static let build = MetricFamily(.info, "build", "The version.")

    private func text(_ format: TextFormat) -> String {
        var text = Exposition(format)
        text.begin(Self.jobs)
        text.sample(Labels.none.adding("kind", "big"), UInt64(3))
        text.sample(Labels.none.adding("kind", "a \"b\" \\ c\nd").adding("x", "é"), UInt64(18_446_744_073_709_551_615))
        text.begin(Self.depth)
        text.sample(.none, -1.5)
        text.begin(Self.wait)
        let buckets = Buckets(uppers: [0.0001, 1, 10])
        text.histogram(Labels.none.adding("kind", "big"), buckets, counts: [1, 0, 2, 4], sum: 55.25)
        text.histogram(.none, buckets, counts: [0, 0, 0, 0], sum: 0)
        text.begin(Self.build)
        text.sample(Labels.none.adding("version", "1"), UInt64(1))
        return String(decoding: text.finish(), as: UTF8.self)
    }

    @Test("the older format, line by line")
    func prometheus() {
        #expect(
            text(.prometheus) == #"""
                # HELP jobs_total Jobs done.
                # TYPE jobs_total counter
                jobs_total{kind="big"} 3
                jobs_total{kind="a \"b\" \\ c\nd",x="é"} 18446744073709551615
                # HELP queue_depth How "deep" it is\\was.\nOver two lines.
                # TYPE queue_depth gauge
                queue_depth -1.5
                # HELP wait_seconds How long.
                # TYPE wait_seconds histogram
                wait_seconds_bucket{kind="big",le="0.0001"} 1
                wait_seconds_bucket{kind="big",le="1.0"} 1
                wait_seconds_bucket{kind="big",le="10.0"} 3
                wait_seconds_bucket{kind="big",le="+Inf"} 7
                wait_seconds_sum{kind="big"} 55.25
                wait_seconds_count{kind="big"} 7
                wait_seconds_bucket{le="0.0001"} 0
                wait_seconds_bucket{le="1.0"} 0
                wait_seconds_bucket{le="10.0"} 0
                wait_seconds_bucket{le="+Inf"} 0
                wait_seconds_sum 0
                wait_seconds_count 0
                # HELP build_info The version.
                # TYPE build_info gauge
                build_info{version="1"} 1

                """#)
    }

    @Test("OpenMetrics names families without suffix, knows units and info, and ends with EOF")
    func openMetrics() {
        let text = text(.openMetrics)
        let lines = text.split(separator: "\n").map(String.init)
        for line in [
            "# TYPE jobs counter", "# HELP jobs Jobs done.", #"jobs_total{kind="big"} 3"#,
            #"# HELP queue_depth How \"deep\" it is\\was.\nOver two lines."#, "# TYPE build info",
            #"build_info{version="1"} 1"#, "# UNIT wait_seconds seconds", "# TYPE wait_seconds histogram",
        ] {
            #expect(lines.contains(line), "\(line)")
        }
        #expect(text.hasSuffix("\n# EOF\n"))
        #expect(!lines.contains { $0.hasPrefix("# TYPE jobs_total") })
    }

    @Test(
        "numbers are written as both formats read them",
        arguments: [
            (0.0, "0"), (-0.0, "0"), (1.0, "1"), (1e15, "1000000000000000"), (0.1, "0.1"), (1e-5, "1e-05"),
            (1e300, "1e+300"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"), (-2, "-2.0"),
        ])
    func numbers(value: Double, expected: String) {
        var bytes: [UInt8] = []
        bytes.append(number: value)
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test("whole numbers", arguments: [0, 9, 10, 101, 1_000_000, UInt64.max])
    func decimals(value: UInt64) {
        var bytes: [UInt8] = [1]
        bytes.append(decimal: value)
        #expect(String(decoding: bytes.dropFirst(), as: UTF8.self) == "\(value)")
    }

    @Test(
        "names", arguments: [("a", true), ("_a1", true), ("", false), ("1a", false), ("a-b", false), ("ä", false)])
    func names(name: String, isName: Bool) {
        #expect(MetricFamily.isName(name) == isName)
    }

    @Test(
        "a suffix that the format adds cannot be part of a name",
        arguments: ["jobs_total", "build_info", "wait_count", "wait_sum", "wait_bucket", "1", ""])
    func suffixes(name: String) {
        #expect(MetricFamily.fault(of: name) != nil)
        #expect(MetricFamily.fault(of: "jobs") == nil)
    }
}

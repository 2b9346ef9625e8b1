import Testing

@testable import Prometheus

@Suite struct NegotiationTests {
    private static let prometheus2 =
        "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
        + "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
    private static let prometheus3 =
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
        + "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
        + "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"

    @Test(
        "the format that is wanted most",
        arguments: [
            ([], TextFormat.prometheus), ([""], .prometheus), (["*/*"], .prometheus), (["text/*"], .prometheus),
            (["text/plain"], .prometheus), ([prometheus2], .openMetrics), ([prometheus3], .openMetrics),
            (["application/openmetrics-text"], .openMetrics),
            (["application/openmetrics-text; version=1.0.0"], .openMetrics),
            (["application/openmetrics-text; version=\"1.0.0\""], .openMetrics),
            (["APPLICATION/OpenMetrics-Text ; VERSION=1.0.0"], .openMetrics),
            (["application/openmetrics-text;q=0.4", "text/plain;q=0.5"], .prometheus),
            (["application/openmetrics-text;q=0, */*"], .prometheus),
            (["text/plain;q=0, */*;q=0.1"], .openMetrics),
            (["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"], .prometheus),
            (["application/json"], nil), (["text/plain;version=1.0.0"], nil), (["*/*;q=0"], nil),
            (["text/plain;q=2"], nil), (["nonsense"], nil), (["application/openmetrics-text;version=0.0.1"], nil),
            (["text/html;x=\"a,text/plain\""], nil), ([",,text/plain,,"], .prometheus),
        ])
    func format(accept: [String], expected: TextFormat?) {
        #expect(TextFormat.negotiated(accept: accept) == expected)
    }

    @Test("thousands of ranges cost no more than a few")
    func many() {
        let many = String(repeating: "a/b,", count: 10_000) + "text/plain"
        #expect(TextFormat.negotiated(accept: [many]) == nil)
    }
}

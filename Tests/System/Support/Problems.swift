import Testing
import TestSupport

/// Checks that `response` is one of the proxy's own problem documents (RFC 9457) with `status`; returns its type.
@discardableResult
func expectProblem(
    _ response: RawResponse, _ status: Int, _ comment: Comment? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
) throws -> String {
    #expect(response.status == status, comment, sourceLocation: sourceLocation)
    let type = response.value("Content-Type")
    #expect(
        type == "application/problem+json" || type?.hasPrefix("application/problem+json;") == true, comment,
        sourceLocation: sourceLocation)
    let problem = try JSON(response.body)
    #expect(problem.status.int == status, comment, sourceLocation: sourceLocation)
    #expect(problem.title.string?.isEmpty == false, comment, sourceLocation: sourceLocation)
    #expect(response.value("Date") != nil, comment, sourceLocation: sourceLocation)
    if status == 503 {
        let seconds = response.value("Retry-After").flatMap { Int($0) }
        #expect(seconds != nil, "503 says when to come again", sourceLocation: sourceLocation)
    }
    let name = try #require(problem.type.string, comment, sourceLocation: sourceLocation)
    #expect(name.count > 3 && name != "about:blank", comment, sourceLocation: sourceLocation)
    return name
}

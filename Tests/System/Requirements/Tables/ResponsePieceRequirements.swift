import TestSupport

/// Responses in any pieces, in both modes of an agent, and at random: what is required of them does not depend on how
/// they come.
enum ResponsePieceRequirements {
    static let all: [Requirement] = bytewise + normal + random + mutated

    /// Sends each byte by itself.
    private static func bytes(_ text: String) -> [UpstreamStep] { text.unicodeScalars.map { .send(String($0)) } }

    private static func good(_ id: String, _ bytes: String, after: [UpstreamStep] = [], _ seen: Expectation...)
        -> Requirement
    {
        Requirement(
            id: "9112-2.2-bytewise-\(id)", level: .must,
            sentence: "A response means the same when it comes byte by byte.", client: .get(), options: Options(),
            upstream: [.request] + Self.bytes(bytes) + after, seen: seen + [.connection(.reused)])
    }

    private static func bad(_ id: String, _ bytes: String, after: [UpstreamStep] = []) -> Requirement {
        .must(
            "9112-2.2-bytewise-bad-\(id)", "A malformed response is one when it comes byte by byte.", .get(),
            upstream: [.request] + Self.bytes(bytes) + after, .answered(502), .problem(), .proxyStatus(),
            .upstreamSocket(.closed), .connection(.reused))
    }

    private static let bytewise: [Requirement] = [
        good(
            "length", .response("X: y\r\n", body: "whole"), .answered(200, has: ["x: y"], body: "whole"),
            .upstreamSocket(.reused)),
        good(
            "chunks", .chunkedResponse("3;a=b\r\nabc\r\n00a\r\n0123456789\r\n0\r\nX-Sum: y\r\n\r\n"),
            .answered(200, body: "abc0123456789", trailers: ["x-sum: y"]), .upstreamSocket(.reused)),
        good("no-content", "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n", .answered(204), .upstreamSocket(.reused)),
        good(
            "not-modified", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", .answered(304),
            .upstreamSocket(.reused)),
        good(
            "interim", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n\(String.response())", .interim([103]),
            .answered(200, body: "ok"), .upstreamSocket(.reused)),
        good(
            "until-close", "HTTP/1.1 200 OK\r\n\r\nall of it", after: [.close], .answered(200, body: "all of it"),
            .upstreamSocket(.closed)),
        good(
            "hop-by-hop", .response("Connection: X-Hop, close\r\nX-Hop: y\r\n"),
            .answered(200, lacks: ["x-hop:"], body: "ok"), .upstreamSocket(.closed)),
        bad("status-line", "HTTP/1.1 20x OK\r\n\r\n"), bad("field", "HTTP/1.1 200 OK\r\nX y: z\r\n\r\n"),
        bad("cr", "HTTP/1.1 200 OK\r\nX: y\rZ: z\r\n\r\n"), bad("fold", "HTTP/1.1 200 OK\r\nX: y\r\n z\r\n\r\n"),
        bad("two-lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
        bad("coding-and-length", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
        bad("half-head", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n", after: [.close]),
        .must(
            "9112-2.2-bytewise-bad-chunk", "A malformed chunk is one when it comes byte by byte.", .get(),
            upstream: [.request, .send(Requirement.chunkedBegun), .waitClient("begun")] + bytes("0x5\r\nabcde\r\n"),
            .answered(200), .cut, .upstreamSocket(.closed)),
        .must(
            "9112-2.2-bytewise-request", "A request means the same when it comes byte by byte.",
            .init(
                steps: ClientScript.chunked("3\r\nabc\r\n0\r\nX-Sum: y\r\n\r\n", "X: y\r\n").sent.unicodeScalars.map {
                    .send(String($0))
                }),
            .forwarded(startsWith: "POST / HTTP/1.1", has: ["x: y"], body: "abc", trailers: ["x-sum: y"]),
            .answered(200, body: "ok"), .connection(.reused)),
    ]

    private static let normal: [Requirement] = [
        inNormal("status-line", "nonsense\r\n\r\n", [], .answered(502), .problem(), .connection(.reused)),
        inNormal("close", "", [.close], .answered(502), .problem(), .connection(.reused)),
        inNormal(
            "coding-and-length", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", [],
            .answered(502), .connection(.reused)),
        inNormal("extra", .response(body: "whole") + "poison", [], .answered(200, body: "whole"), .connection(.reused)),
        inNormal("cut", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbeg", [.waitClient("beg"), .close], .cut),
        inNormal("bad-chunk", Requirement.chunkedBegun, [.waitClient("begun"), .send("zz\r\npoison")], .cut),
        inNormal("until-close", "HTTP/1.1 200 OK\r\n\r\nall", [.close], .answered(200, body: "all")),
        inNormal("keep-alive", .response("Connection: keep-alive\r\n"), [], .answered(200, lacks: ["connection:"])),
    ]

    /// The same of an agent that keeps no sockets.
    private static func inNormal(_ id: String, _ bytes: String, _ after: [UpstreamStep], _ seen: Expectation...)
        -> Requirement
    {
        Requirement(
            id: "9112-9.3-normal-\(id)", level: .must,
            sentence: "An agent that keeps no sockets is as strict as one that keeps them.", client: .get(),
            options: Options(agent: "mode: normal"), upstream: [.request, .send(bytes)] + after,
            seen: seen + [.upstreamSocket(.closed), .requests(1), .clientReceived("poison", false)])
    }

    // MARK: - At random

    private static let random = Seeds.forThisRun(24).map { seed in
        var random = SplitMix64(seed: seed)
        let (bytes, body) = response(using: &random)
        return Requirement(
            id: "9112-6-random-\(seed)", level: .must,
            sentence: "A valid response passes, whatever its pieces (SLUICE_SEED=\(seed)).", client: .get(),
            options: Options(), upstream: [.request] + pieces(bytes, using: &random),
            seen: [.answered(200, body: body), .upstreamSocket(.reused), .connection(.reused)])
    }

    private static let mutated = Seeds.forThisRun(48).map { seed in
        var random = SplitMix64(seed: seed &+ 1 << 32)
        var bytes = Array(response(using: &random).bytes.unicodeScalars)
        for _ in 0...Int.random(in: 0..<2, using: &random) {
            // The first digit of the status stays: what is above 599 has a case of its own.
            let index = Int.random(in: 10..<bytes.count, using: &random)
            let other = Unicode.Scalar("\r\n\t\0 :;,0x".utf8.randomElement(using: &random) ?? 0)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes[index] = other
            case 1: bytes.insert(other, at: index)
            default: bytes.remove(at: index)
            }
        }
        let text = String(String.UnicodeScalarView(bytes))
        return Requirement(
            id: "9112-8-mutated-\(seed)", level: .must,
            sentence: "A response with a wrong byte is refused, cut, or whole (SLUICE_SEED=\(seed)).", client: .get(),
            options: Options(), upstream: [.request] + pieces(text, using: &random) + [.close],
            seen: [
                .anyOf([[.answered(502), .problem(), .proxyStatus()], [.status(200..<300)]]), .upstreamSocket(.closed),
            ])
    }

    /// A valid response and its content.
    private static func response(using random: inout SplitMix64) -> (bytes: String, body: String) {
        var fields = ""
        for number in 0..<Int.random(in: 0..<6, using: &random) {
            let value = text(Int.random(in: 0..<30, using: &random), using: &random)
            fields += "X-\(number):\(Bool.random(using: &random) ? " " : "")\(value)\r\n"
        }
        let body = text(Int.random(in: 0..<200, using: &random), using: &random)
        guard Bool.random(using: &random) else { return (.response(fields, body: body), body) }
        var chunks = ""
        var rest = body[...]
        while !rest.isEmpty {
            let chunk = rest.prefix(Int.random(in: 1...40, using: &random))
            let ext = Int.random(in: 0..<4, using: &random) == 0 ? ";e=f" : ""
            chunks += "\(String(chunk.count, radix: 16))\(ext)\r\n\(chunk)\r\n"
            rest = rest.dropFirst(chunk.count)
        }
        let trailer = Bool.random(using: &random) ? "X-Sum: y\r\n" : ""
        return (.chunkedResponse("\(chunks)0\r\n\(trailer)\r\n", fields), body)
    }

    private static func text(_ count: Int, using random: inout SplitMix64) -> String {
        let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789")
        return String((0..<count).map { _ in letters[Int.random(in: 0..<letters.count, using: &random)] })
    }

    private static func pieces(_ text: String, using random: inout SplitMix64) -> [UpstreamStep] {
        var steps: [UpstreamStep] = []
        // Scalars: "\r\n" is one character.
        var rest = Array(text.unicodeScalars)[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...60, using: &random))
            steps.append(.send(String(String.UnicodeScalarView(piece))))
            rest = rest.dropFirst(piece.count)
        }
        return steps
    }
}

extension Expectation {
    /// The first answer's status is one of these; whether it is whole, its client can tell as for any other.
    static func status(_ range: Range<Int>) -> Expectation {
        .that { evidence in
            guard let status = evidence.answers.first?.status else { return ["no answer"] }
            return range.contains(status) ? [] : ["answered \(status)"]
        }
    }
}

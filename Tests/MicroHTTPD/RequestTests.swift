import MicroHTTPD
import Testing
import TestSupport

/// What reaches a handler, and how connections go on.
@Suite(.timeLimit(.minutes(1))) struct RequestTests {
    @Test(
        "the method arrives as sent", arguments: ["GET", "PUT", "POST", "PATCH", "DELETE", "OPTIONS", "QUERY", "get"])
    func methods(method: String) async throws {
        try await withDaemon { daemon in
            let text = try await daemon.client { client in
                try client.send("\(method) /x HTTP/1.1\r\nHost: a\r\n\r\n")
                return try client.readResponse().text
            }
            #expect(text.hasPrefix("\(method) /x\n"))
        }
    }

    static let targets: [(target: String, path: String, query: [String])] = [
        ("/", "/", []),
        ("/a%2e%2e/b", "/a%2e%2e/b", []),
        ("/a/../b//c/.", "/a/../b//c/.", []),
        ("/%00%zz%", "/%00%zz%", []),
        ("/a?b=c", "/a", ["b=c"]),
        ("/a?", "/a", []),
        ("/a?b=%41+%2B&b=2&c&d=", "/a", ["b=A +", "b=2", "c=nil", "d="]),
        ("/a?b=c?d=/e", "/a", ["b=c?d=/e"]),
        ("/a?%c3%a4=%e2%82%ac", "/a", ["\u{e4}=\u{20ac}"]),
        ("http://h/x/%2F?y=z", "/x/%2F", ["y=z"]),
        ("http://h", "/", []),
        ("http://h?y", "/", ["y=nil"]),
        ("HTTPS://H/x", "/x", []),
    ]

    @Test("the path arrives as sent and the query decoded", arguments: targets)
    func target(target: String, path: String, query: [String]) async throws {
        try await withDaemon { daemon in
            let lines = try await daemon.client { client in
                try client.send("GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n")
                return try client.readResponse().text.split(separator: "\n").map(String.init)
            }
            #expect(lines.first == "GET \(path)")
            #expect(lines.filter { $0.hasPrefix("query ") } == query.map { "query \($0)" })
        }
    }

    @Test("OPTIONS * has the path *")
    func asterisk() async throws {
        try await withDaemon { daemon in
            let text = try await daemon.client { client in
                try client.send("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n")
                return try client.readResponse().text
            }
            #expect(text.hasPrefix("OPTIONS *\n"))
        }
    }

    @Test("all fields arrive in order, and are found whatever their case")
    func fields() async throws {
        try await withDaemon(handler: { request in
            let names = request.fields.map(\.name).joined(separator: ",")
            return .text("\(names);\(request.values("x").joined(separator: ","));\(request.values("Z").count)")
        }) { daemon in
            let text = try await daemon.client { client in
                try client.send("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nCookie: a=b\r\nx:  2 \t\r\nX:\r\n\r\n")
                return try client.readResponse().text
            }
            #expect(text == "Host,X,Cookie,x,X;1,2,;0")
        }
    }

    @Test("the client's address arrives")
    func client() async throws {
        try await withDaemon(handler: { .text($0.client) }) { daemon in
            let text = try await daemon.client { client in
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                return try client.readResponse().text
            }
            #expect(text.hasPrefix("127.0.0.1:"))
            #expect(UInt16(text.dropFirst("127.0.0.1:".count)) ?? 0 > 0)
        }
    }

    @Test("a body arrives whole, however it is cut", arguments: Seeds.forThisRun(40))
    func bodies(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let size = Int.random(in: 0...(seed % 4 == 0 ? 200_000 : 300), using: &random)
        let body = (0..<size).map { _ in UInt8.random(in: 97...122, using: &random) }
        var pieces: [[UInt8]] = []
        let isChunked = Bool.random(using: &random)
        var wire = Array("PUT /b HTTP/1.1\r\nHost: a\r\n".utf8)
        if isChunked {
            wire += Array("Transfer-Encoding: chunked\r\n\r\n".utf8)
            var rest = body[...]
            while !rest.isEmpty {
                let chunk = rest.prefix(Int.random(in: 1...max(1, size), using: &random))
                rest = rest.dropFirst(chunk.count)
                let fill = String(repeating: "0", count: Int.random(in: 0...3, using: &random))
                let note = Bool.random(using: &random) ? ";a=b" : ""
                wire += Array("\(fill)\(String(chunk.count, radix: 16))\(note)\r\n".utf8) + chunk + Array("\r\n".utf8)
            }
            wire += Array("0\r\n\r\n".utf8)
        } else {
            wire += Array("Content-Length: \(size)\r\n\r\n".utf8) + body
        }
        var rest = wire[...]
        let pieceMax = [1, 7, 1000, 70_000][
            Int.random(in: 0..<(size > 1000 ? 4 : 2), using: &random) | (size > 1000 ? 2 : 0)]
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...pieceMax, using: &random))
            pieces.append(Array(piece))
            rest = rest.dropFirst(piece.count)
        }
        try await withDaemon { [pieces] daemon in
            let text = try await daemon.client { client in
                for piece in pieces { try client.send(piece) }
                return try client.readResponse().text
            }
            let got = text.utf8.suffix(size)
            #expect(got.elementsEqual(body), "seed \(seed)")
            #expect(text.hasPrefix("PUT /b\n"), "seed \(seed)")
        }
    }

    @Test("pipelined requests are answered in order", arguments: [1, 2, 50])
    func pipelining(count: Int) async throws {
        try await withDaemon { daemon in
            let paths = try await daemon.client { client in
                let requests = (0..<count).map { number in
                    number % 2 == 0
                        ? "GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n"
                        : "POST /\(number) HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
                }
                try client.send(requests.joined())
                return try (0..<count).map { _ in
                    String(try client.readResponse().text.split(separator: "\n")[0].split(separator: " ")[1])
                }
            }
            #expect(paths == (0..<count).map { "/\($0)" })
        }
    }

    static let persistenceCases: [(head: String, isKept: Bool)] = [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", false),
        ("GET / HTTP/1.0\r\n\r\n", false),
        ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true),
    ]

    @Test("a connection is kept as the request says", arguments: persistenceCases)
    func persistence(head: String, isKept: Bool) async throws {
        try await withDaemon { daemon in
            try await daemon.client { client in
                try client.send(head)
                let response = try client.readResponse()
                #expect(response.status == 200)
                if isKept {
                    try client.send(head)
                    #expect(try client.readResponse().status == 200)
                } else {
                    #expect(response.value("connection")?.lowercased() == "close")
                    #expect(try client.readToEnd().isEmpty)
                }
            }
        }
    }

    @Test("HEAD calls the handler and gets the length without the body")
    func head() async throws {
        try await withDaemon { daemon in
            try await daemon.client { client in
                try client.send("GET /h HTTP/1.1\r\nHost: a\r\n\r\n")
                let full = try client.readResponse()
                try client.send("HEAD /h HTTP/1.1\r\nHost: a\r\n\r\nGET /g HTTP/1.1\r\nHost: a\r\n\r\n")
                let head = try client.readResponse(isHead: true)
                #expect(head.status == 200)
                #expect(Int(head.value("content-length") ?? "") == full.body.count + 1)
                #expect(try client.readResponse().text.hasPrefix("GET /g\n"))
            }
        }
    }

    @Test("a client that closed its half still gets its answer")
    func halfClosed() async throws {
        try await withDaemon { daemon in
            let response = try await daemon.client { client in
                try client.send("POST /h HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
                client.shutdownWrite()
                return try client.readResponse()
            }
            #expect(response.text.hasSuffix("\n\nhi"))
        }
    }

    @Test("a body cut short never reaches the handler")
    func cutShort() async throws {
        let calls = Tally()
        // The library lets such a connection sit until its time is over.
        let settings = Daemon.Settings(address: .loopback(), idleTimeout: .seconds(1))
        try await withDaemon(
            settings,
            handler: { request in
                calls.add()
                return await echo(request)
            }
        ) { daemon in
            let wire = try await daemon.client { client in
                try client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\nhi")
                client.shutdownWrite()
                return try client.readToEnd()
            }
            #expect(wire.isEmpty)
        }
        #expect(calls.count == 0)
    }
}

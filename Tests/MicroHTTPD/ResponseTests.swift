import MicroHTTPD
import Testing
import TestSupport

/// What a handler may answer, and what becomes of answers that cannot be sent.
@Suite(.timeLimit(.minutes(1))) struct ResponseTests {
    static let brokenAnswers: [(name: String, response: Response)] = [
        ("status 0", Response(status: 0)),
        ("status 101", Response(status: 101)),
        ("status 1000", Response(status: 1000)),
        ("negative status", Response(status: -200)),
        ("line break in a value", Response(status: 200, fields: [("X", "a\r\nY: b")])),
        ("zero byte in a value", Response(status: 200, fields: [("X", "a\0b")])),
        ("space in a name", Response(status: 200, fields: [("X Y", "a")])),
        ("empty name", Response(status: 200, fields: [("", "a")])),
    ]

    @Test("an answer that would break the head becomes a 500", arguments: brokenAnswers)
    func broken(name: String, response: Response) async throws {
        try await withDaemon(handler: { _ in response }) { daemon in
            let got = try await daemon.client { client in
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                let got = try client.readResponse()
                #expect(try client.readToEnd().isEmpty)
                return got
            }
            #expect(got.status == 500)
            #expect(got.value("content-type") == "application/problem+json")
        }
    }

    @Test("status, fields and bytes arrive as given, framing aside")
    func plain() async throws {
        let body: [UInt8] = Array(0...255)
        let fields = [
            ("Content-Type", "x/y"), ("Content-Length", "7"), ("Transfer-Encoding", "chunked"), ("Empty", ""),
            ("A", "1"), ("A", "2"), ("ETag", "\"\u{e4}\""),
        ]
        try await withDaemon(handler: { _ in Response(status: 418, fields: fields, body: .bytes(body)) }) { daemon in
            let got = try await daemon.client { client in
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                return try client.readResponse()
            }
            #expect(got.status == 418)
            #expect(got.body == body)
            let names = got.fields.map(\.name).filter { $0 != "Date" && $0 != "Content-Length" }
            #expect(names == ["Content-Type", "A", "A", "ETag"])
            #expect(got.value("content-length") == "256")
            #expect(got.value("etag") == "\"\u{e4}\"")
        }
    }

    @Test("a status without content has none, and the connection goes on", arguments: [204, 304])
    func noContent(status: Int) async throws {
        try await withDaemon(handler: { request in
            request.path == "/none" ? Response(status: status) : .text("next")
        }) { daemon in
            try await daemon.client { client in
                try client.send("GET /none HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(try client.readResponse().status == status)
                #expect(try client.readResponse().text == "next")
            }
        }
    }

    @Test("a handler may close the connection")
    func close() async throws {
        try await withDaemon(handler: { _ in
            Response(status: 200, fields: [("Connection", "close")], body: .bytes([97]))
        }) { daemon in
            try await daemon.client { client in
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                let response = try client.readResponse()
                #expect(response.text == "a")
                #expect(response.fields.filter { $0.name.lowercased() == "connection" }.count == 1)
                #expect(try client.readToEnd().isEmpty)
            }
        }
    }

    @Test("fields that do not fit the connection's memory close it and harm nobody else")
    func largeFields() async throws {
        try await withDaemon(handler: { request in
            guard request.path == "/large" else { return .text("fine") }
            return Response(status: 200, fields: [("X", String(repeating: "x", count: 100_000))])
        }) { daemon in
            let wire = try await daemon.client { client in
                try client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
                return try client.readToEnd()
            }
            #expect(wire.isEmpty)
            let text = try await daemon.client { client in
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                return try client.readResponse().text
            }
            #expect(text == "fine")
        }
    }
}

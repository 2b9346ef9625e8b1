import ArgumentParser
import Control
import TestSupport
import Testing

@testable import sluice

@Suite("Where the command line's client finds the admin server")
struct AdminURLTests {
    @Test(
        "a URL, or an address as serve has it",
        arguments: [
            ("http://127.0.0.1:1986", "http://127.0.0.1:1986"), ("http://127.0.0.1:1986/", "http://127.0.0.1:1986"),
            ("127.0.0.1:1986", "http://127.0.0.1:1986"), ("https://proxy.example:8443", "https://proxy.example:8443"),
            ("https://proxy.example", "https://proxy.example:443"), ("http://proxy.example", "http://proxy.example:80"),
            ("http://[::1]:1986", "http://[::1]:1986"), ("[::1]:1986", "http://[::1]:1986"),
            ("unix:/run/sluice.sock", "unix:/run/sluice.sock"), ("0.0.0.0:1986", "http://127.0.0.1:1986"),
            (":1986", "http://127.0.0.1:1986"), ("[::]:1986", "http://[::1]:1986"),
        ])
    func good(text: String, meaning: String) throws { #expect(try AdminURL(text).description == meaning) }

    @Test(
        "anything else is refused",
        arguments: [
            "", "http://", "1986", "proxy.example", "http://h:1/api", "http://h:1?x", "http://u@h:1", "ftp://h:1",
            "unix:relative", "http://h:99999", "http://h:1#x", "h:0", "https://unix:/x", "http://h h:1",
            "http://h:1\r\nX: y",
        ])
    func bad(text: String) {
        #expect(throws: SettingFault.self) { try AdminURL(text) }
    }
}

@Suite("What the command line's client reads")
struct ClientReadingTests {
    @Test("a response is read when it is whole")
    func whole() {
        let text = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\ncontent-length:  2\r\n\r\n{}"
        #expect(HTTPAnswer(Array(text.utf8)) == HTTPAnswer(status: 200, body: Array("{}".utf8)))
        // Every shorter one is cut, and one byte more does not belong to it.
        for count in 0..<text.utf8.count { #expect(HTTPAnswer(Array(text.utf8.prefix(count))) == nil, "\(count)") }
        #expect(HTTPAnswer(Array((text + "x").utf8)) == nil)
    }

    @Test(
        "what is no response with a length is none",
        arguments: [
            "HTTP/2 200\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 x OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n", "\r\n\r\n",
        ])
    func noResponse(text: String) { #expect(HTTPAnswer(Array(text.utf8)) == nil) }

    @Test("mutated responses are read or refused, and nothing traps", arguments: Seeds.forThisRun(4))
    func mutated(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let good = Array("HTTP/1.1 422 No\r\nContent-Length: 15\r\n\r\n{\"errors\":[{}]}".utf8)
        for step in 0..<500 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                if Bool.random(using: &random) {
                    bytes.remove(at: index)
                } else {
                    bytes[index] = .random(in: 0...255, using: &random)
                }
            }
            guard let answer = HTTPAnswer(bytes) else { continue }
            #expect(bytes.count >= answer.body.count + 4, "seed \(seed), step \(step)")
            guard let json = APIValue(json: answer.body) else { continue }
            #expect(!ClientFailure(json, status: answer.status).lines.isEmpty, "seed \(seed), step \(step)")
        }
    }

    @Test("JSON comes out as it went in")
    func json() throws {
        let text = #"{"a":[1,2.5,null,true],"b":{"c":"x/y"},"d":1000000000000}"#
        let value = try #require(APIValue(json: Array(text.utf8)))
        #expect(value.json() == text)
        #expect(value.a.elements.count == 4 && value.a.elements[0].number == 1)
        #expect(value.b.c.string == "x/y" && value.nothing.more.string == nil)
        #expect(APIValue(json: Array("{".utf8)) == nil)
        #expect(APIValue(json: []) == nil)
    }

    @Test("what a server says cannot steer a terminal")
    func printable() throws {
        let value = try #require(APIValue(json: Array(#"{"name":"a\u001b[2Jb","detail":"x\u0007"}"#.utf8)))
        #expect(value.name.string == #"a\u{1b}[2Jb"#)
        #expect(!ClientFailure(value, status: 422).lines.joined().contains("\u{7}"))
    }

    @Test(
        "a refusal becomes an exit code",
        arguments: [(400, 65), (401, 77), (403, 77), (404, 66), (409, 65), (412, 65), (422, 65), (429, 69), (503, 69)])
    func exitCodes(status: Int, code: Int32) {
        #expect(ClientFailure(APIValue(.null), status: status).exitCode.rawValue == code)
    }

    @Test("each fault is told by its key")
    func faults() throws {
        let problem = #"""
            {"title":"The change is not valid","detail":"2 faults","errors":[
            {"pointer":"/maxSockets","detail":"must be 1"},{"pointer":"/upstream/0","detail":"must be http"},
            {"parameter":"state","detail":"must be free"},{"pointer":"","detail":"must be an object"}]}
            """#
        let failure = ClientFailure(try #require(APIValue(json: Array(problem.utf8))), status: 422)
        #expect(
            failure.lines == [
                "The change is not valid (422): 2 faults", "  maxSockets: must be 1", "  upstream.0: must be http",
                "  state: must be free", "  must be an object",
            ])
    }
}

import Testing

@testable import DataPlane

@Suite("response heads")
struct ResponseHeadTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var text: String
        var status: UInt16 = 200
        var reason = "OK"
        var minor: UInt8 = 1
        var framing = BodyFraming.untilClose
        var keepAlive = true
        var testDescription: String { name }
    }

    static let good: [Case] = [
        Case(name: "RFC 9112, 4: a status line", text: "HTTP/1.1 200 OK\r\n\r\n"),
        Case(name: "RFC 9112, 4: an empty reason", text: "HTTP/1.1 200 \r\n\r\n", reason: ""),
        Case(name: "RFC 9112, 4: no reason, no blank", text: "HTTP/1.1 200\r\n\r\n", reason: ""),
        Case(
            name: "RFC 9112, 4: a reason with anything in it", text: "HTTP/1.1 404 \t \u{FC} ~\r\n\r\n", status: 404,
            reason: "\t \u{FC} ~"),
        Case(name: "RFC 9110, 15: an unknown status", text: "HTTP/1.1 599 OK\r\n\r\n", status: 599),
        Case(name: "RFC 9112, 2.3: HTTP/1.0", text: "HTTP/1.0 200 OK\r\n\r\n", minor: 0, keepAlive: false),
        Case(name: "RFC 9112, 2.3: HTTP/1.2", text: "HTTP/1.2 200 OK\r\n\r\n"),
        Case(
            name: "RFC 9112, 9.3: HTTP/1.0 with keep-alive",
            text: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\n", minor: 0,
            framing: .length(3)),
        Case(
            name: "RFC 9112, 9.3: close", text: "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", keepAlive: false),
        Case(
            name: "RFC 9112, 6.3: chunked", text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            framing: .chunked),
        Case(
            name: "RFC 9112, 6.3: no content", text: "HTTP/1.1 204 OK\r\n\r\n", status: 204, framing: .none),
        Case(
            name: "RFC 9112, 6.3: not modified, with a length", text: "HTTP/1.1 304 OK\r\nContent-Length: 9\r\n\r\n",
            status: 304, framing: .none),
        Case(name: "RFC 9110, 15.2: interim", text: "HTTP/1.1 103 OK\r\nLink: a\r\n\r\n", status: 103, framing: .none),
    ]

    @Test("are read", arguments: good)
    func reads(_ good: Case) {
        guard case .head(var view) = tryResponse(good.text) else {
            Issue.record("\(tryResponse(good.text))")
            return
        }
        view.fields = []
        #expect(
            view
                == ResponseView(
                    length: good.text.unicodeScalars.count, status: good.status, reason: good.reason,
                    minor: good.minor, framing: good.framing, keepAlive: good.keepAlive, fields: []))
    }

    static let bad: [(String, HTTP1Error)] = [
        ("HTTP/1.1 20 OK\r\n\r\n", .malformedStatusLine), ("HTTP/1.1 2000 OK\r\n\r\n", .malformedStatusLine),
        ("HTTP/1.1 099 OK\r\n\r\n", .malformedStatusLine), ("HTTP/1.1 2x0 OK\r\n\r\n", .malformedStatusLine),
        ("HTTP/1.1  200 OK\r\n\r\n", .malformedStatusLine), ("HTTP/1.1\t200 OK\r\n\r\n", .malformedStatusLine),
        ("HTTP/1.1 200\tOK\r\n\r\n", .controlCharacter), ("HTTP/1.1\r\n\r\n", .malformedStatusLine),
        ("HTTP/1.1\n\n", .bareLineFeed), ("HTTP/1.1 200\n\n", .bareLineFeed),
        ("http/1.1 200 OK\r\n\r\n", .malformedStatusLine), ("ICY 200 OK\r\n\r\n", .malformedStatusLine),
        ("HTTP/2.0 200 OK\r\n\r\n", .unsupportedVersion), ("HTTP/0.9 200 OK\r\n\r\n", .unsupportedVersion),
        ("\r\nHTTP/1.1 200 OK\r\n\r\n", .malformedStatusLine), ("<html>", .malformedStatusLine),
        ("HTTP/1.1 200 O\0K\r\n\r\n", .controlCharacter), ("HTTP/1.1 200 O\rK\r\n\r\n", .bareCarriageReturn),
        ("HTTP/1.1 200 OK\n\r\n", .bareLineFeed),
        ("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", .obsoleteFolding),
        ("HTTP/1.1 200 OK\r\n A: b\r\n\r\n", .obsoleteFolding), ("HTTP/1.1 200 OK\r\n: b\r\n\r\n", .invalidFieldName),
        ("HTTP/1.1 200 OK\r\nA\u{E4}: b\r\n\r\n", .invalidFieldName),
        ("HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\n", .blankBeforeColon),
        // Found by fuzzing.
        ("HTTP/1.1 200 OK\r\nContent-Length\0: 5\r\n\r\nhello", .invalidFieldName),
        ("HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n", .invalidContentLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n", .repeatedContentLength),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked;a=b\r\n\r\n", .invalidTransferEncoding),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", .invalidTransferEncoding),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, identity\r\n\r\n", .invalidTransferEncoding),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", .repeatedContentLength),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", .lengthWithTransferEncoding
        ),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", .unknownTransferCoding),
        ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .transferEncodingInOldVersion),
        ("HTTP/1.1 204 OK\r\nContent-Length: 1\r\n\r\n", .framingWithoutBody),
        ("HTTP/1.1 204 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .framingWithoutBody),
        ("HTTP/1.1 100 OK\r\nContent-Length: 5\r\n\r\n", .framingWithoutBody),
        ("HTTP/1.1 101 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .framingWithoutBody),
    ]

    @Test("are refused", arguments: bad)
    func refuses(text: String, error: HTTP1Error) { #expect(tryResponse(text) == .failed(error)) }

    /// A method, status and fields; whether a tunnel begins, or what is wrong.
    static let tunnels: [(Method, Int, String, Result<Bool, HTTP1Error>)] = [
        (.connect, 200, "", .success(true)), (.connect, 299, "Content-Length: 0\r\n", .success(true)),
        (.connect, 200, "Content-Length: 000\r\n", .success(true)),
        (.connect, 204, "Content-Length: 0\r\n", .success(true)),
        (.connect, 200, "Content-Length: 1\r\n", .failure(.framingWithoutBody)),
        (.connect, 200, "Transfer-Encoding: chunked\r\n", .failure(.framingWithoutBody)),
        (.connect, 300, "Content-Length: 1\r\n", .success(false)),
        (.connect, 407, "Transfer-Encoding: chunked\r\n", .success(false)),
        (.connect, 103, "", .success(false)), (.connect, 101, "", .success(false)),
        (.get, 200, "Content-Length: 1\r\n", .success(false)), (.head, 200, "Content-Length: 1\r\n", .success(false)),
        (.get, 204, "Content-Length: 0\r\n", .success(false)),
        (.head, 204, "Content-Length: 1\r\n", .failure(.framingWithoutBody)),
        (.get, 204, "Transfer-Encoding: chunked\r\n", .failure(.framingWithoutBody)),
        (.get, 100, "Content-Length: 0\r\n", .failure(.framingWithoutBody)),
        (.connect, 101, "Content-Length: 0\r\n", .failure(.framingWithoutBody)),
        (.get, 304, "Transfer-Encoding: chunked\r\n", .success(false)),
        (.get, 205, "Content-Length: 0\r\n", .success(false)),
    ]

    @Test("have no length where a tunnel begins or no body can be: RFC 9110, 8.6 and 9.3.6", arguments: tunnels)
    func tunnel(method: Method, status: Int, fields: String, wanted: Result<Bool, HTTP1Error>) {
        let bytes = [UInt8]("HTTP/1.1 \(status) x\r\n\(fields)\r\n")
        var head = ResponseHead()
        do throws(HTTP1Error) {
            let length = try head.parse(bytes.span.bytes, limits: HeadLimits(), answering: method)
            #expect(length == bytes.count)
            let isTunnel = head.beginsTunnel
            #expect(wanted == .success(isTunnel))
            let mustNotFrame = head.mustNotFrame
            if mustNotFrame { #expect(head.framing(for: method) == .none) }
            // Nothing is left of one head in the next.
            let plain = [UInt8]("HTTP/1.1 200 x\r\nContent-Length: 1\r\n\r\n")
            _ = try head.parse(plain.span.bytes, limits: HeadLimits())
            let isClean = !head.beginsTunnel && !head.mustNotFrame
            #expect(isClean)
        } catch {
            #expect(wanted == .failure(error))
        }
    }

    @Test("have a limit, to the byte")
    func limits() {
        let text = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n"
        for limit in 0..<text.utf8.count {
            #expect(tryResponse(text, limits: HeadLimits(maxHeadSize: limit)) == .failed(.headTooLarge))
        }
        guard case .head = tryResponse(text, limits: HeadLimits(maxHeadSize: text.utf8.count)) else {
            Issue.record("not a head")
            return
        }
    }

    @Test("end where the method says: RFC 9112, 6.3")
    func framingByMethod() throws {
        let bytes = [UInt8]("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        var head = ResponseHead()
        _ = try head.parse(bytes.span.bytes, limits: HeadLimits())
        #expect(head.framing(for: .get) == .length(5))
        #expect(head.framing(for: .head) == .none)
        #expect(head.framing(for: .connect) == .none)
        let refused = [UInt8]("HTTP/1.1 403 No\r\nContent-Length: 5\r\n\r\n")
        _ = try head.parse(refused.span.bytes, limits: HeadLimits())
        #expect(head.framing(for: .connect) == .length(5))
        #expect(head.framing(for: .head) == .none)
    }

    static let hints: [(String, UInt32?, UInt32?)] = [
        ("timeout=5, max=100", 5, 100), ("max=1,TIMEOUT=2", 2, 1), ("timeout=99999999999", UInt32.max, nil),
        ("timeout=", nil, nil), ("timeout", nil, nil), ("timeout=x, max=-1", nil, nil), ("", nil, nil),
        (",,=,timeout=7;", nil, nil), ("timeout=1, timeout=2", 1, nil), ("xtimeout=3,timeout=4 ", 4, nil),
    ]

    @Test("carry hints how long the connection lasts", arguments: hints)
    func keepAliveHints(value: String, timeout: UInt32?, max: UInt32?) throws {
        let bytes = [UInt8]("HTTP/1.1 200 OK\r\nKeep-Alive: \(value)\r\n\r\n")
        var head = ResponseHead()
        _ = try head.parse(bytes.span.bytes, limits: HeadLimits())
        #expect(head.keepAliveTimeout == timeout)
        #expect(head.keepAliveMax == max)
    }

    @Test("know interim ones from the last one: RFC 9110, 15.2", arguments: [100, 101, 102, 103, 199, 200, 304, 500])
    func interim(status: Int) throws {
        let bytes = [UInt8]("HTTP/1.1 \(status) x\r\n\r\n")
        var head = ResponseHead()
        _ = try head.parse(bytes.span.bytes, limits: HeadLimits())
        #expect(head.isInterim == (status < 200 && status != 101))
    }
}

/// What is wrong with a message; the peer that sent it is at fault, always.
///
/// A request that has it is answered with `status`, and its connection is closed, since nobody knows where the next
/// message begins. For a response the proxy answers 502 instead, whatever it was.
enum HTTP1Error: UInt8, Error, Equatable, Sendable, CaseIterable {
    case requestLineTooLong
    case headTooLarge
    case tooManyFields
    case malformedRequestLine
    case invalidMethod
    case invalidTarget
    case malformedStatusLine
    case unsupportedVersion
    case bareCarriageReturn
    case bareLineFeed
    case controlCharacter
    case obsoleteFolding
    case blankBeforeColon
    case invalidFieldName
    case missingHost
    case repeatedHost
    case invalidHost
    case hostMismatch
    case lengthWithTransferEncoding
    case invalidContentLength
    case repeatedContentLength
    case invalidTransferEncoding
    case unknownTransferCoding
    case transferEncodingInOldVersion
    case framingWithoutBody
    case contentInTrace
    case invalidMaxForwards
    case unknownExpectation
    case invalidConnection
    case invalidChunkSize
    case invalidChunkExtension
    case invalidChunkEnd
    case invalidTrailer
    case forbiddenTrailer
    case trailersTooLarge

    /// The status a server answers a request that has this error.
    var status: UInt16 {
        switch self {
        case .requestLineTooLong: 414
        case .unknownExpectation: 417
        case .headTooLarge, .tooManyFields, .trailersTooLarge: 431
        case .unknownTransferCoding: 501
        case .unsupportedVersion: 505
        default: 400
        }
    }

    /// A name for metrics and logs: one of a closed set, with nothing of the message in it.
    var label: StaticString { text.label }

    /// One plain sentence about it, for the body of the answer.
    var detail: StaticString { text.detail }

    private var text: (label: StaticString, detail: StaticString) {
        switch self {
        case .requestLineTooLong: ("request-line-too-long", "The request line is longer than allowed.")
        case .headTooLarge: ("head-too-large", "The fields are larger than allowed.")
        case .tooManyFields: ("too-many-fields", "There are more fields than allowed.")
        case .malformedRequestLine: ("malformed-request-line", "The request line is malformed.")
        case .invalidMethod: ("invalid-method", "The method is not a token.")
        case .invalidTarget: ("invalid-target", "The request target is not valid.")
        case .malformedStatusLine: ("malformed-status-line", "The status line is malformed.")
        case .unsupportedVersion: ("unsupported-version", "The HTTP version is not 1.0 or 1.1.")
        case .bareCarriageReturn: ("bare-cr", "A carriage return has no line feed behind it.")
        case .bareLineFeed: ("bare-lf", "A line feed has no carriage return before it.")
        case .controlCharacter: ("control-character", "A field value holds a control character.")
        case .obsoleteFolding: ("obsolete-folding", "A field line begins with a blank.")
        case .blankBeforeColon: ("blank-before-colon", "There is a blank between a field name and its colon.")
        case .invalidFieldName: ("invalid-field-name", "A field name is not a token.")
        case .missingHost: ("missing-host", "The Host field is missing.")
        case .repeatedHost: ("repeated-host", "There is more than one Host field.")
        case .invalidHost: ("invalid-host", "The host is not valid.")
        case .hostMismatch: ("host-mismatch", "The Host field and the request target name different hosts.")
        default: framingText
        }
    }

    private var framingText: (label: StaticString, detail: StaticString) {
        switch self {
        case .lengthWithTransferEncoding:
            ("length-with-transfer-encoding", "There is both a Content-Length and a Transfer-Encoding field.")
        case .invalidContentLength: ("invalid-content-length", "The Content-Length is not a number in range.")
        case .repeatedContentLength: ("repeated-content-length", "There is more than one Content-Length.")
        case .invalidTransferEncoding: ("invalid-transfer-encoding", "The Transfer-Encoding is not valid.")
        case .unknownTransferCoding: ("unknown-transfer-coding", "A transfer coding other than chunked is not known.")
        case .transferEncodingInOldVersion:
            ("transfer-encoding-in-old-version", "HTTP/1.0 knows no Transfer-Encoding.")
        case .framingWithoutBody:
            ("framing-without-body", "A response that cannot have a body has a Content-Length or Transfer-Encoding.")
        case .contentInTrace: ("content-in-trace", "A TRACE request must have no content.")
        case .invalidMaxForwards: ("invalid-max-forwards", "The Max-Forwards field is not one number.")
        case .unknownExpectation: ("unknown-expectation", "The expectation is not 100-continue.")
        case .invalidConnection: ("invalid-connection", "The Connection field is not a short list of tokens.")
        case .invalidChunkSize: ("invalid-chunk-size", "A chunk size is not a hexadecimal number in range.")
        case .invalidChunkExtension: ("invalid-chunk-extension", "A chunk extension is malformed or too long.")
        case .invalidChunkEnd: ("invalid-chunk-end", "A chunk does not end where its size says.")
        case .invalidTrailer: ("invalid-trailer", "A trailer field is malformed.")
        case .forbiddenTrailer: ("forbidden-trailer", "A field came as a trailer that must not be one.")
        default: ("trailers-too-large", "The trailers are larger than allowed.")
        }
    }
}

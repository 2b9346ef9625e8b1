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
        case .requestLineTooLong: ("request_line_too_long", "The request line is longer than allowed.")
        case .headTooLarge: ("head_too_large", "The fields are larger than allowed.")
        case .tooManyFields: ("too_many_fields", "There are more fields than allowed.")
        case .malformedRequestLine: ("malformed_request_line", "The request line is malformed.")
        case .invalidMethod: ("invalid_method", "The method is not a token.")
        case .invalidTarget: ("invalid_target", "The request target is not valid.")
        case .malformedStatusLine: ("malformed_status_line", "The status line is malformed.")
        case .unsupportedVersion: ("unsupported_version", "The HTTP version is not 1.0 or 1.1.")
        case .bareCarriageReturn: ("bare_cr", "A carriage return has no line feed behind it.")
        case .bareLineFeed: ("bare_lf", "A line feed has no carriage return before it.")
        case .controlCharacter: ("control_character", "A field value holds a control character.")
        case .obsoleteFolding: ("obsolete_folding", "A field line begins with a blank.")
        case .blankBeforeColon: ("blank_before_colon", "There is a blank between a field name and its colon.")
        case .invalidFieldName: ("invalid_field_name", "A field name is not a token.")
        case .missingHost: ("missing_host", "The Host field is missing.")
        case .repeatedHost: ("repeated_host", "There is more than one Host field.")
        case .invalidHost: ("invalid_host", "The host is not valid.")
        case .hostMismatch: ("host_mismatch", "The Host field and the request target name different hosts.")
        default: framingText
        }
    }

    private var framingText: (label: StaticString, detail: StaticString) {
        switch self {
        case .lengthWithTransferEncoding:
            ("length_with_transfer_encoding", "There is both a Content-Length and a Transfer-Encoding field.")
        case .invalidContentLength: ("invalid_content_length", "The Content-Length is not a number in range.")
        case .repeatedContentLength: ("repeated_content_length", "There is more than one Content-Length.")
        case .invalidTransferEncoding: ("invalid_transfer_encoding", "The Transfer-Encoding is not valid.")
        case .unknownTransferCoding: ("unknown_transfer_coding", "A transfer coding other than chunked is not known.")
        case .transferEncodingInOldVersion:
            ("transfer_encoding_in_old_version", "HTTP/1.0 knows no Transfer-Encoding.")
        case .framingWithoutBody:
            ("framing_without_body", "A response that cannot have a body has a Content-Length or Transfer-Encoding.")
        case .unknownExpectation: ("unknown_expectation", "The expectation is not 100-continue.")
        case .invalidConnection: ("invalid_connection", "The Connection field is not a short list of tokens.")
        case .invalidChunkSize: ("invalid_chunk_size", "A chunk size is not a hexadecimal number in range.")
        case .invalidChunkExtension: ("invalid_chunk_extension", "A chunk extension is malformed or too long.")
        case .invalidChunkEnd: ("invalid_chunk_end", "A chunk does not end where its size says.")
        case .invalidTrailer: ("invalid_trailer", "A trailer field is malformed.")
        case .forbiddenTrailer: ("forbidden_trailer", "A field came as a trailer that must not be one.")
        default: ("trailers_too_large", "The trailers are larger than allowed.")
        }
    }
}

import POSIX
import Testing

@testable import Gateway

/// `ECONNRESET` on every Linux.
private let connectionReset: Int32 = 104

/// The web server's side of FastCGI 1.0. It can also violate the protocol.
struct FastCGIClient: ~Copyable {
    enum Record: UInt8 { case begin = 1, abort, end, parameters, input, output, error }

    struct Response: Equatable {
        /// The bytes of the standard output stream.
        var output: [UInt8] = []
        /// Whether the end-request record arrived.
        var isComplete = false

        var text: String { String(decoding: output, as: UTF8.self) }
    }

    let connection: FileDescriptor

    init(_ path: String) throws { try self.init(Sockets.connect(path: path)) }

    /// To a worker that listens on TCP.
    init(_ worker: Worker) throws {
        try self.init(Sockets.connect(address: "127.0.0.1", port: #require(worker.port)))
    }

    private init(_ connection: consuming FileDescriptor) throws {
        // If the worker hangs, the test fails instead of hanging too.
        try? Sockets.setReceiveTimeout(connection.number, .seconds(300))
        self.connection = connection
    }

    func send(_ bytes: [UInt8]) throws { try connection.write(all: bytes.span) }

    func send(_ record: Record, _ content: [UInt8] = []) throws {
        try send(Self.header(record, announcing: content.count) + content)
    }

    static func header(_ record: Record, announcing count: Int) -> [UInt8] {
        [1, record.rawValue, 0, 1, UInt8(count >> 8), UInt8(count & 255), 0, 0]
    }

    func begin(role: UInt8 = 1, keepingConnection: Bool = false) throws {
        try send(.begin, [0, role, keepingConnection ? 1 : 0, 0, 0, 0, 0, 0])
    }

    /// Sends all parameters and the end of their stream.
    func send(parameters: [(String, [UInt8])]) throws {
        var content: [UInt8] = []
        for (name, value) in parameters {
            content += Self.length(name.utf8.count) + Self.length(value.count) + Array(name.utf8) + value
        }
        try send(.parameters, content)
        try send(.parameters)
    }

    /// Sends body bytes in records of the maximum size, without the end of the body.
    func send(body: [UInt8]) throws {
        for start in stride(from: 0, to: body.count, by: 65_535) {
            try send(.input, Array(body[start..<min(start + 65_535, body.count)]))
        }
    }

    /// Begins a request with CONTENT_LENGTH `length`, without sending its body.
    func begin(announcing length: String?, keepingConnection: Bool = false) throws {
        try begin(keepingConnection: keepingConnection)
        var parameters: [(String, [UInt8])] = [("REQUEST_METHOD", Array("PUT".utf8))]
        if let length { parameters.append(("CONTENT_LENGTH", Array(length.utf8))) }
        try send(parameters: parameters)
    }

    /// Sends a whole request and returns the response.
    func request(announcing length: String?, body: [UInt8] = []) throws -> Response {
        try begin(announcing: length)
        try send(body: body)
        try send(.input)
        return try response()
    }

    /// Reads until the worker closes the connection.
    func response() throws -> Response {
        var bytes: [UInt8] = []
        var count = -1
        while bytes.count != count {
            count = bytes.count
            try bytes.append(addingCapacity: 65_536) { (space: inout OutputSpan<UInt8>) throws(SystemError) in
                // After a refused body, a reset may follow the response.
                do throws(SystemError) {
                    try connection.read(into: &space)
                } catch  where error.number == connectionReset {}
            }
        }
        return Self.parse(bytes)
    }

    private static func parse(_ bytes: [UInt8]) -> Response {
        var response = Response()
        var rest = bytes[...]
        while rest.count >= 8 {
            let start = rest.startIndex
            let length = Int(rest[start + 4]) << 8 + Int(rest[start + 5])
            let content = rest.dropFirst(8).prefix(length)
            switch Record(rawValue: rest[start + 1]) {
            case .output: response.output += content
            case .end: response.isComplete = content.count == 8
            default: break
            }
            rest = rest.dropFirst(8 + length + Int(rest[start + 6]))
        }
        return response
    }

    private static func length(_ count: Int) -> [UInt8] {
        if count < 128 { return [UInt8(count)] }
        return [UInt8(count >> 24 | 128), UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255)]
    }
}

// One request to the workers over FastCGI, as a web server would send it, without a web server.

internal import CofferCore
internal import POSIX

/// The answer of a worker.
struct FastCGIAnswer {
    let status: Int
    let body: [UInt8]
}

/// A connection to the workers' socket for one request (FastCGI specification, version 1).
struct FastCGIRequest: ~Copyable {
    private let socket: FileDescriptor

    /// Connects.
    ///
    /// - Parameter timeout: the longest wait for more bytes.
    init(_ address: SocketAddress, timeout: Duration) throws(SystemError) {
        // A worker that dies must not end this program.
        Signals.ignore(.pipe)
        let socket =
            switch address {
            case .path(let path): try Sockets.connect(path: path)
            case .tcp(let address, let port): try Sockets.connect(address: address, port: port)
            }
        try Sockets.setReceiveTimeout(socket.number, timeout)
        self.socket = socket
    }

    /// The process that made the socket, and its user. Over TCP the process has the id 0.
    func listener() throws(SystemError) -> (process: Process, user: UInt32) {
        try Sockets.listener(of: socket.number)
    }

    /// Sends a GET and reads the answer.
    ///
    /// - Parameters:
    ///   - target: the path, without a query.
    ///   - more: variables that a web server would add.
    func get(_ target: String, _ more: [(name: String, value: String)] = []) throws -> FastCGIAnswer {
        let variables =
            more + [
                ("GATEWAY_INTERFACE", "CGI/1.1"), ("SERVER_PROTOCOL", "HTTP/1.1"), ("REQUEST_METHOD", "GET"),
                ("REQUEST_URI", target), ("QUERY_STRING", ""),
            ]
        // 1 is the role of a responder; the connection ends with the request.
        var bytes = Self.record(.begin, [0, 1, 0, 0, 0, 0, 0, 0])
        bytes += Self.record(.parameters, variables.flatMap { Self.pair($0.0, $0.1) }) + Self.record(.parameters, [])
        bytes += Self.record(.input, [])
        try socket.write(all: bytes.span)
        do {
            return try Self.answer(Self.output(read()))
        } catch let error as SystemError where error.number == ErrorNumber.wouldBlock {
            throw Failure("The workers do not answer in time.")
        }
    }

    private enum Kind: UInt8 {
        case begin = 1
        case parameters = 4
        case input = 5
        case output = 6
    }

    private static func record(_ kind: Kind, _ content: [UInt8]) -> [UInt8] {
        [1, kind.rawValue, 0, 1, UInt8(content.count >> 8), UInt8(content.count & 0xFF), 0, 0] + content
    }

    /// A name and a value (FastCGI §3.4).
    private static func pair(_ name: String, _ value: String) -> [UInt8] {
        length(name) + length(value) + name.utf8 + value.utf8
    }

    private static func length(_ text: String) -> [UInt8] {
        let count = text.utf8.count
        if count < 128 { return [UInt8(count)] }
        return [0x80 | UInt8(count >> 24), UInt8(count >> 16 & 0xFF), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF)]
    }

    /// The largest answer, in bytes. The rest of a longer one is not read.
    private static let limit = 1 << 20

    private func read() throws(SystemError) -> [UInt8] {
        var buffer = Buffer(capacity: Self.limit)
        while try buffer.append({ (space) throws(SystemError) in try socket.read(into: &space) }) > 0 {}
        return buffer.array
    }

    /// The contents of the records of standard output.
    private static func output(_ bytes: [UInt8]) throws(Failure) -> [UInt8] {
        var output: [UInt8] = []
        var rest = bytes[...]
        while rest.count >= 8 {
            let head = Array(rest.prefix(8))
            let (length, padding) = (Int(head[4]) << 8 | Int(head[5]), Int(head[6]))
            guard rest.count >= 8 + length + padding else { break }
            if head[1] == Kind.output.rawValue { output += rest.dropFirst(8).prefix(length) }
            rest = rest.dropFirst(8 + length + padding)
        }
        if output.isEmpty { throw Failure("The workers closed the connection without an answer.") }
        return output
    }

    /// From a CGI response (RFC 3875 §6).
    private static func answer(_ output: [UInt8]) throws(Failure) -> FastCGIAnswer {
        let end: [UInt8] = [13, 10, 13, 10]
        guard let head = output.indices.first(where: { output[$0...].starts(with: end) }) else {
            throw Failure("The workers' answer is not that of a CGI program.")
        }
        let lines = String(decoding: output[..<head], as: UTF8.self).split(separator: "\r\n")
        let status = lines.first { $0.lowercased().hasPrefix("status:") }?.split(separator: " ").dropFirst().first
        return FastCGIAnswer(
            status: status.flatMap { Int($0) } ?? 200, body: Array(output[(head + end.count)...]))
    }
}

// Asks a worker of the pool, as a web server does: one request over FastCGI.

internal import POSIX

struct PoolClient {
    /// The path of the workers' socket.
    let socket: String
    /// How long each wait for the worker may take.
    var limit = Duration.seconds(10)

    /// The types of records (FastCGI §8).
    private enum RecordType {
        static let begin: UInt8 = 1
        static let end: UInt8 = 3
        static let parameters: UInt8 = 4
        static let input: UInt8 = 5
        static let output: UInt8 = 6
    }

    /// The body of the answer to a GET.
    ///
    /// - Parameters:
    ///   - path: with the base path.
    ///   - variables: what a web server would add.
    /// - Returns: nil if the answer is not 200.
    /// - Throws: `SystemError` if no worker answers in time.
    func get(_ path: String, _ variables: [String: String]) throws(SystemError) -> String? {
        // A worker that dies must not end this program.
        Signals.ignore(.pipe)
        let connection = try Sockets.connect(path: socket)
        try Sockets.setReceiveTimeout(connection.number, limit)
        let all = ["REQUEST_METHOD": "GET", "REQUEST_URI": path].merging(variables) { $1 }
        // A responder's request, after which the connection is closed.
        let request =
            record(RecordType.begin, [0, 1, 0, 0, 0, 0, 0, 0])
            + record(RecordType.parameters, all.flatMap { pair($0.key, $0.value) })
            + record(RecordType.parameters, []) + record(RecordType.input, [])
        try connection.write(all: request.span)
        return body(of: try response(from: connection))
    }

    /// A name and a value, each of at most 127 bytes (FastCGI §3.4).
    private func pair(_ name: String, _ value: String) -> [UInt8] {
        precondition(name.utf8.count < 128 && value.utf8.count < 128)
        return [UInt8(name.utf8.count), UInt8(value.utf8.count)] + Array(name.utf8) + Array(value.utf8)
    }

    /// A record of the request with the number 1 (FastCGI §3.3).
    private func record(_ type: UInt8, _ content: [UInt8]) -> [UInt8] {
        [1, type, 0, 1, UInt8(content.count >> 8), UInt8(content.count & 0xFF), 0, 0] + content
    }

    /// All that the worker writes to its output.
    private func response(from connection: borrowing FileDescriptor) throws(SystemError) -> [UInt8] {
        var output: [UInt8] = []
        while let head = try read(8, from: connection) {
            let (length, padding) = (Int(head[4]) << 8 | Int(head[5]), Int(head[6]))
            guard head[1] != RecordType.end, let content = try read(length + padding, from: connection) else { break }
            if head[1] == RecordType.output { output += content.prefix(length) }
        }
        return output
    }

    /// So many bytes. nil if the connection ends before them.
    private func read(_ count: Int, from connection: borrowing FileDescriptor) throws(SystemError) -> [UInt8]? {
        var buffer = Buffer(capacity: max(1, count))
        while buffer.count < count {
            let before = buffer.count
            try buffer.append { (space) throws(SystemError) in _ = try connection.read(into: &space) }
            if buffer.count == before { return nil }
        }
        return buffer.array
    }

    /// The body of a CGI response (RFC 3875 §6).
    private func body(of response: [UInt8]) -> String? {
        let blank = Array("\r\n\r\n".utf8)
        guard response.starts(with: "Status: 200".utf8),
            let end = response.indices.first(where: { response[$0...].starts(with: blank) })
        else { return nil }
        return String(decoding: response[(end + blank.count)...], as: UTF8.self)
    }
}

import POSIX
import Testing

@testable import Gateway

@Suite(.timeLimit(.minutes(10)))
struct CGIExchangeTests {
    @Test("a body of any size arrives whole and not a byte more", arguments: [0, 1, 65_535, 65_536, 65_537, 1 << 20])
    func wholeBody(size: Int) throws {
        let answer = try answer(to: pattern(size + 10), announcing: "\(size)") { $0.echo() }
        #expect(answer == pattern(size))
    }

    @Test("many small writes and a large one are sent in order")
    func orderOfWrites() throws {
        let answer = try answer(to: [], announcing: nil) { exchange in
            for byte in pattern(70_000) { try? exchange.write([byte].span) }
            try? exchange.write(pattern(200_000).span)
            try? exchange.write(text: "end")
        }
        #expect(answer == pattern(70_000) + pattern(200_000) + Array("end".utf8))
    }

    @Test("a body that ends early is reported as truncated")
    func shortBody() throws {
        let answer = try answer(to: pattern(9), announcing: "10") { $0.echo() }
        #expect(answer == Array("\(GatewayError.truncatedBody(received: 9, announced: 10))".utf8))
    }

    @Test("without a length there is no body, and the length is required", arguments: [nil, ""])
    func noLength(length: String?) throws {
        let answer = try answer(to: pattern(9), announcing: length) { exchange in
            exchange.echo()
            try? exchange.write(text: "\(exchange.requiresLength)")
        }
        #expect(answer == Array("true".utf8))
    }

    @Test("an invalid length is rejected", arguments: ["-1", "1x", "99999999999999999999"])
    func malformedLength(length: String) throws {
        let answer = try answer(to: [1], announcing: length) { $0.echo() }
        #expect(answer == Array(#"malformedParameter("CONTENT_LENGTH")"#.utf8))
    }

    @Test("an input error is reported as a truncated body")
    func brokenInput() throws {
        let exchange = CGIExchange(input: try FileSystem.openDirectory("/"), output: try FileSystem.open("/dev/null")) {
            _ in "5"
        }
        #expect(throws: GatewayError.truncatedBody(received: 0, announced: 5)) { try exchange.readBody() }
    }

    @Test("a closed output is reported as a client that is gone")
    func clientGone() throws {
        // The listener is closed at the end of this function, so the connection has no peer.
        func orphan() throws -> FileDescriptor {
            let path = temporaryPath()
            let listener = try Sockets.listen(path: path)
            let connection = try Sockets.connect(path: path)
            try FileSystem.unlink(path)
            _ = consume listener
            return connection
        }
        Signals.ignore(.pipe)
        let exchange = CGIExchange(input: try FileSystem.open("/dev/null"), output: try orphan()) { _ in nil }
        #expect(throws: GatewayError.clientGone) { try exchange.write(pattern(100_000).span) }
        #expect(throws: GatewayError.clientGone) { try exchange.write(text: "more") }
    }

    @Test("parameters come from the process's environment")
    func environment() throws {
        let exchange = CGIExchange()
        #expect(try exchange.parameter("PATH") == Environment.value("PATH"))
        #expect(try exchange.parameter("COFFER_NO_SUCH_VARIABLE") == nil)
    }

    /// Runs a handler with files in place of the pipes, and returns its response.
    private func answer(
        to body: [UInt8], announcing length: String?, _ handle: (any Exchange) -> Void
    ) throws -> [UInt8] {
        let path = temporaryPath()
        let answerPath = path + ".answer"
        defer { for file in [path, answerPath] { try? FileSystem.unlink(file) } }
        try FileSystem.create(path).write(all: body.span)
        let (input, output) = (try FileSystem.open(path).release(), try FileSystem.create(answerPath).release())
        let exchange = CGIExchange(input: FileDescriptor(owning: input), output: FileDescriptor(owning: output)) {
            "\($0)" == "CONTENT_LENGTH" ? length : nil
        }
        handle(exchange)
        exchange.finish()
        return try FileSystem.contents(of: answerPath, limit: 1 << 24)
    }
}

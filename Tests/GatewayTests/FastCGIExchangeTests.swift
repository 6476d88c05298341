import Synchronization
import POSIX
import Testing

@testable import Gateway

@Suite(.timeLimit(.minutes(10)))
struct FastCGIExchangeTests {
    @Test("parameters arrive unchanged, and an empty one differs from a missing one")
    func parameters() throws {
        let worker = try Worker { exchange in
            let long = (try? exchange.parameter("LONG"))??.utf8.count ?? -1
            let empty = try? exchange.parameter("EMPTY")
            let absent = try? exchange.parameter("ABSENT")
            let prefix = try? exchange.parameter("LON")
            try? exchange.write(text: "\(long) \(empty == "") \(absent == .some(nil)) \(prefix == .some(nil))")
        }
        defer { worker.stop() }
        let client = try FastCGIClient(worker.path)
        try client.begin()
        try client.send(parameters: [("LONG", pattern(20_000).map { $0 & 63 | 64 }), ("EMPTY", [])])
        try client.send(.input)
        #expect(try client.response().text == "20000 true true true")
    }

    @Test("a repeated parameter has all its values, and the first one is the default")
    func repeatedParameter() throws {
        let worker = try Worker { exchange in
            let all = (try? exchange.parameters("HTTP_PREFER")) ?? []
            let first = (try? exchange.parameter("HTTP_PREFER")) ?? nil
            let absent = (try? exchange.parameters("HTTP_ACCEPT")) ?? ["?"]
            try? exchange.write(text: "\(all) \(first ?? "") \(absent)")
        }
        defer { worker.stop() }
        let client = try FastCGIClient(worker.path)
        try client.begin()
        let fields = [
            ("HTTP_PREFER", "a"), ("HTTP_PREFERENCE", "x"), ("HTTP_PREFER", ""), ("A", "HTTP_PREFER=y"),
            ("HTTP_PREFER", "b, c"),
        ]
        try client.send(parameters: fields.map { ($0, Array($1.utf8)) })
        try client.send(.input)
        #expect(try client.response().text == #"["a", "", "b, c"] a []"#)
    }

    @Test("a parameter that is not UTF-8 is reported by its name")
    func malformedParameter() throws {
        let worker = try Worker { exchange in
            do { _ = try exchange.parameter("REQUEST_URI") } catch { try? exchange.write(text: "\(error)") }
        }
        defer { worker.stop() }
        let client = try FastCGIClient(worker.path)
        try client.begin()
        try client.send(parameters: [("REQUEST_URI", [47, 0xff, 0xfe])])
        try client.send(.input)
        #expect(try client.response().text == #"malformedParameter("REQUEST_URI")"#)
    }

    @Test("a body of any size arrives whole", arguments: [0, 1, 65_535, 65_536, 65_537, 1 << 20], [4096, 65_536])
    func wholeBody(size: Int, chunk: Int) throws {
        let worker = try Worker { $0.echo(by: chunk) }
        defer { worker.stop() }
        let client = try FastCGIClient(worker.path)
        let response = try client.request(announcing: "\(size)", body: pattern(size))
        #expect(response == .init(output: pattern(size), isComplete: true))
    }

    @Test("a body without a length is read to its end", arguments: [nil, ""])
    func chunkedBody(length: String?) throws {
        let worker = try Worker { $0.echo() }
        defer { worker.stop() }
        let response = try FastCGIClient(worker.path).request(announcing: length, body: pattern(100_000))
        #expect(response.output == pattern(100_000))
    }

    @Test("a body that ends early is reported as truncated")
    func shortBody() throws {
        let worker = try Worker { $0.echo() }
        defer { worker.stop() }
        let response = try FastCGIClient(worker.path).request(announcing: "100001", body: pattern(100_000))
        #expect(response.text == "\(GatewayError.truncatedBody(received: 100_000, announced: 100_001))")
    }

    @Test("a body whose connection breaks is reported as truncated", arguments: ["100000", ""])
    func brokenBody(length: String) throws {
        let seen = Mutex<[GatewayError]>([])
        let worker = try Worker { exchange in
            for _ in 0..<2 {
                do throws(GatewayError) { _ = try exchange.readBody() } catch { seen.withLock { $0.append(error) } }
            }
        }
        do {
            let client = try FastCGIClient(worker.path)
            try client.begin(announcing: length)
            // The connection breaks within a record.
            try client.send(FastCGIClient.header(.input, announcing: 1000) + pattern(999))
        }
        #expect(try FastCGIClient(worker.path).request(announcing: "0").isComplete)
        #expect(worker.stop() == nil)
        let truncated = GatewayError.truncatedBody(received: 999, announced: Int(length))
        #expect(seen.withLock { $0 } == [truncated, truncated])
    }

    @Test("a body that the web server aborts is reported as truncated")
    func abortedBody() throws {
        let worker = try Worker { $0.echo() }
        defer { worker.stop() }
        let client = try FastCGIClient(worker.path)
        try client.begin(announcing: "10")
        try client.send(body: pattern(5))
        try client.send(.abort)
        #expect(try client.response().text == "\(GatewayError.truncatedBody(received: 5, announced: 10))")
    }

    @Test("a body longer than announced is cut off")
    func longBody() throws {
        let worker = try Worker { $0.echo() }
        defer { worker.stop() }
        let response = try FastCGIClient(worker.path).request(announcing: "70000", body: pattern(200_000))
        #expect(response == .init(output: pattern(70_000), isComplete: true))
    }

    @Test("an invalid length is rejected", arguments: ["-1", "+1", "1x", "99999999999999999999", " 1"])
    func malformedLength(length: String) throws {
        let worker = try Worker { $0.echo() }
        defer { worker.stop() }
        let response = try FastCGIClient(worker.path).request(announcing: length, body: [1])
        #expect(response.text == #"malformedParameter("CONTENT_LENGTH")"#)
    }

    @Test("a client that sends its whole body before it reads gets the early refusal", arguments: ["8388608", ""])
    func earlyRefusal(length: String) throws {
        let worker = try Worker { try? $0.write(text: "Status: 413\r\n\r\n") }
        defer { worker.stop() }
        let body = pattern(8 << 20)
        let response = try FastCGIClient(worker.path).request(announcing: length, body: body)
        #expect(response == .init(output: Array("Status: 413\r\n\r\n".utf8), isComplete: true))
    }

    @Test("a client that never stops sending blocks the worker for only a few seconds")
    func endlessSender() throws {
        let worker = try Worker { try? $0.write(text: "Status: 413\r\n\r\n") }
        defer { worker.stop() }
        let client = try FastCGIClient(worker.path)
        try client.begin(announcing: "\(1 << 60)")
        let start = ContinuousClock.now
        let block = pattern(65_535)
        #expect(throws: SystemError.self) {
            while start.duration(to: .now) < .seconds(60) { try client.send(body: block) }
        }
        #expect(try client.response().isComplete)
        #expect(try FastCGIClient(worker.path).request(announcing: "0").isComplete)
    }

    @Test("a client that disconnects during the response is noticed, and the next one is served")
    func clientGone() throws {
        let outcome = Mutex<[GatewayError]>([])
        let worker = try Worker { exchange in
            for _ in 0..<1000 {
                do throws(GatewayError) {
                    try exchange.write(pattern(8192).span)
                } catch {
                    outcome.withLock { $0.append(error) }
                }
            }
        }
        do {
            let client = try FastCGIClient(worker.path)
            try client.begin(announcing: "0")
            try client.send(.input)
        }
        let second = try FastCGIClient(worker.path).request(announcing: "0")
        #expect(second.output.count == 8_192_000 && second.isComplete)
        #expect(worker.stop() == nil)
        let errors = outcome.withLock { $0 }
        #expect(errors.count > 900 && errors.allSatisfy { $0 == .clientGone })
    }

    @Test("a request leaves no trace in the next one")
    func sequence() throws {
        let worker = try Worker { exchange in
            try? exchange.write(text: "\((try? exchange.parameter("ONLY_FIRST")) == .some(nil)) ")
            exchange.echo()
        }
        defer { worker.stop() }
        let first = try FastCGIClient(worker.path)
        try first.begin()
        try first.send(parameters: [("ONLY_FIRST", [65]), ("CONTENT_LENGTH", Array("3".utf8))])
        try first.send(body: Array("abc".utf8))
        try first.send(.input)
        #expect(try first.response().text == "false abc")
        for size in 1...20 {
            let body = [UInt8](repeating: 97, count: size)
            let response = try FastCGIClient(worker.path).request(announcing: "\(size)", body: body)
            #expect(response.output == Array("true ".utf8) + body)
        }
    }

    @Test("a connection is closed even if the web server asks to keep it")
    func keptConnection() throws {
        let worker = try Worker { $0.echo() }
        defer { worker.stop() }
        let client = try FastCGIClient(worker.path)
        try client.begin(announcing: "1", keepingConnection: true)
        try client.send(body: [65])
        try client.send(.input)
        #expect(try client.response() == .init(output: [65], isComplete: true))
        #expect(try FastCGIClient(worker.path).request(announcing: "0").isComplete)
    }
}

import POSIX
import TestSupport
import Testing

@testable import HTTP

struct HTTPTransferTests {
    private func kind(_ body: () throws -> Void) -> HTTPError.Kind? {
        do {
            try body()
            return nil
        } catch {
            return (error as? HTTPError)?.kind
        }
    }

    private func get(_ answer: String) throws -> (HTTPHead, [UInt8]) {
        let server = CannedServer([answer])
        let transfer = try HTTPClient().start(HTTPRequest("GET", server.url))
        return (try transfer.head(), try transfer.contents())
    }

    @Test func `a response has a status, header fields and a body`() throws {
        let (head, body) = try get("HTTP/1.1 201 Made\r\nETag:  \"a\" \r\nContent-Length: 5\r\n\r\nhello")
        #expect(head.status == 201)
        #expect(head.field("etag") == "\"a\"" && head.field("none") == nil)
        #expect(body == Array("hello".utf8))
    }

    @Test func `interim responses are ignored`() throws {
        let (head, body) = try get(
            "HTTP/1.1 103 Early\r\nX: 1\r\n\r\nHTTP/1.1 200 OK\r\nY: 2\r\nContent-Length: 1\r\n\r\nx")
        #expect(head == HTTPHead(status: 200, fields: [HTTPField("Y", "2"), HTTPField("Content-Length", "1")]))
        #expect(body == [UInt8(ascii: "x")])
    }

    @Test func `an incomplete body is an error, after the bytes that arrived`() throws {
        let server = CannedServer(["HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"])
        let transfer = try HTTPClient().start(HTTPRequest("GET", server.url))
        var buffer = Buffer(capacity: 10)
        let count = try buffer.append { space throws(HTTPError) in try transfer.read(into: &space) }
        #expect(count == 4)
        #expect(
            kind { _ = try buffer.append { space throws(HTTPError) in try transfer.read(into: &space) } } == .connection
        )
    }

    @Test func `a long body arrives whole at a slow reader`() throws {
        let long = String(repeating: "0123456789abcdef", count: 1 << 18)
        let server = CannedServer(["HTTP/1.1 200 OK\r\nContent-Length: \(long.utf8.count)\r\n\r\n\(long)"])
        let transfer = try HTTPClient().start(HTTPRequest("GET", server.url))
        #expect(try transfer.head().status == 200)
        var received: [UInt8] = []
        while true {
            var buffer = Buffer(capacity: 10_007)
            if try buffer.append({ space throws(HTTPError) in try transfer.read(into: &space) }) == 0 { break }
            received += buffer.array
        }
        #expect(received == Array(long.utf8))
    }

    @Test func `a response that is not HTTP, has too many fields or is too long is an error`() throws {
        #expect(kind { _ = try get("SSH-2.0-OpenSSH\r\n\r\n") } != nil)
        let fields = String(repeating: "X: \(String(repeating: "y", count: 1000))\r\n", count: 100)
        #expect(kind { _ = try get("HTTP/1.1 200 OK\r\n\(fields)\r\n") } != nil)
        let server = CannedServer([
            "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n\(String(repeating: "x", count: 100))"
        ])
        let transfer = try HTTPClient().start(HTTPRequest("GET", server.url))
        #expect(kind { _ = try transfer.contents(limit: 50) } == .answer)
    }

    @Test func `a server that does not respond is a timeout`() throws {
        let server = CannedServer(["HTTP/1.1 200 OK\r\n\r\n"], pause: 3600)
        var options = HTTPClient.Options()
        options.idleLimit = .milliseconds(300)
        let client = try HTTPClient(options)
        #expect(kind { _ = try client.start(HTTPRequest("GET", server.url)).head() } == .timeout)
    }

    @Test func `a server that does not listen is a connection error`() throws {
        let client = try HTTPClient()
        #expect(kind { _ = try client.start(HTTPRequest("GET", "http://127.0.0.1:1/")).head() } == .connection)
    }

    @Test func `a body that cannot be read stops the request`() throws {
        let server = CannedServer(["HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"], pause: 3600)
        let request = HTTPRequest("PUT", server.url, body: .source(length: 10) { _ in false })
        #expect(kind { _ = try HTTPClient().start(request).head() } == .body)
    }

    @Test func `a header field cannot contain another one`() throws {
        let request = HTTPRequest("GET", "http://127.0.0.1:1/", fields: [HTTPField("X", "a\r\nY: b")])
        #expect(kind { _ = try HTTPClient().start(request) } == .library)
    }
}

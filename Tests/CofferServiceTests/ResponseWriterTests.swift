import BlobStore
import CofferCore
import Testing

@testable import CofferService

struct ResponseWriterTests {
    private func answer(_ response: Response, isHead: Bool = false) throws -> Answer {
        let exchange = FakeExchange("GET", "/")
        try ResponseWriter(exchange: exchange, requestID: "1", isHead: isHead).send(response)
        return try Answer(exchange.sent)
    }

    @Test(arguments: ["a\r\nSet-Cookie: b=c", "a\nSet-Cookie: b=c", "a\rSet-Cookie: b=c", "\r\n\r\n<p>", "a\r\n b"])
    func `no value can begin a field of its own`(value: String) throws {
        let answer = try answer(Response(200, [HeaderField("X-Test", value)], .text("body")))
        #expect(answer.fields.map(\.name) == ["Status", "X-Request-Id", "X-Test", "Content-Length"])
        #expect(answer["X-Test"] == value.filter { !$0.isNewline })
        #expect(answer.text == "body")
    }

    @Test(arguments: [(200, "0"), (204, nil), (304, nil)] as [(Int, String?)])
    func `only a response that may have a body has a length`(status: Int, length: String?) throws {
        #expect(try answer(Response(status))["Content-Length"] == length)
    }

    @Test func `the length of a text is in bytes, for HEAD too`() throws {
        #expect(try answer(Response(200, [], .text("é")))["Content-Length"] == "2")
        let head = try answer(Response(200, [], .text("é")), isHead: true)
        #expect(head["Content-Length"] == "2")
        #expect(head.body.isEmpty)
    }

    @Test func `a blob that is shorter than its size is a failure of the store`() throws {
        let directory = try TestStore()
        let store = try openBlobStore("file://\(directory.path)")
        let name = BlobName.generate()
        let staged = try store.stage(as: name, length: 2)
        try staged.write("ab".utf8.span)
        _ = try staged.finish()
        try staged.publish()
        let reader = try store.open(name)
        let exchange = FakeExchange("GET", "/")
        let response = Response(200, [], .blob(reader, ByteRange(offset: 0, length: 3)))
        #expect(throws: BlobStoreError.self) {
            try ResponseWriter(exchange: exchange, requestID: "1", isHead: false).send(response)
        }
        #expect(try Answer(exchange.sent).text == "ab")
        withExtendedLifetime(directory) {}
    }

    @Test(
        arguments: [
            (Failure.Kind.tokenMissing, "Bearer"),
            (.tokenUndecodable, #"Bearer error="invalid_token", error_description="The token cannot be verified""#),
            (.tokenClaims, #"Bearer error="invalid_token", error_description="The token's claims are invalid""#),
            (.sessionEnded, #"Bearer error="invalid_token", error_description="The session has ended""#),
            (.forbidden, nil), (.internalError, nil),
        ] as [(Failure.Kind, String?)])
    func `a 401 has its challenge, and no other response has one`(kind: Failure.Kind, challenge: String?) throws {
        let answer = try answer(Response(Failure(kind)))
        #expect(answer.status == kind.status)
        #expect(answer["WWW-Authenticate"] == challenge)
    }
}

import Testing

@testable import CofferService

/// What the head of an upload may say about the body, and how often.
struct UploadHeadTests {
    let user: TestUser

    init() throws { user = try TestUser(TestInstallation()) }

    private func store(_ fields: [String: String], repeated: [String: [String]] = [:]) throws -> Answer {
        let exchange = user.upload("a.txt", String(repeating: "x", count: 70_000), fields)
        exchange.repeated = repeated
        return try user.installation.service.answer(exchange)
    }

    @Test(arguments: [
        ("Content-Type", "multipart/form-data; boundary=x", 415, "KF044"),
        ("Content-Type", "Multipart/Mixed", 415, "KF044"), ("Content-Encoding", "gzip", 415, "KF044"),
        ("Content-Encoding", "identity,\tX-Gzip", 415, "KF044"), ("Transfer-Encoding", "gzip, chunked", 415, "KF044"),
        ("Content-Transfer-Encoding", "quoted-printable", 415, "KF044"),
        ("Content-Type", "multipart / form-data; boundary=x", 415, "KF044"),
        ("Content-Type", "\"Multipart/form-data\"; boundary=x", 415, "KF044"),
        ("Content-Type", "multipart", 415, "KF044"),
        ("Content-Range", "bytes 0-1/2", 400, "KF045"), ("Content-Range", "nonsense", 400, "KF045"),
        ("X-Content-Range", "bytes 0-1/4", 400, "KF045"), ("Upload-Complete", "?0", 400, "KF045"),
        ("Upload-Complete", "?1, ?0;a", 400, "KF045"), ("Upload-Incomplete", "?1", 400, "KF045"),
        ("Upload-Offset", "5", 400, "KF045"), ("Tus-Resumable", "1.0.0", 400, "KF045"),
        ("OC-Chunked", "1", 400, "KF045"),
    ])
    func `a body that is not the file itself is refused before it is read`(
        name: String, value: String, status: Int, code: String
    ) throws {
        let exchange = user.upload("a.txt", "x", [name: value])
        exchange.onRead = { Issue.record("the body was read") }
        let question = user.upload("a.txt", "", [name: value], parameters: ["COFFER_UPLOAD_QUESTION": "on"])
        for each in [exchange, question] {
            let answer = try user.installation.service.answer(each)
            #expect(answer.status == status && answer.code == code)
            #expect(answer["Accept-Encoding"] == (name == "Content-Encoding" ? "identity" : nil))
        }
        #expect(try user.begunUploads == 0 && user.installation.blobs.isEmpty)
    }

    @Test(arguments: [
        ("Upload-Complete", "?1"), ("Upload-Incomplete", "?0"), ("Upload-Draft-Interop-Version", "6"),
        ("Upload-Offset", ""), ("Content-Type", "x-multipart/form-data"), ("Content-Type", "multipart-x/form-data"),
    ])
    func `a body that is the whole file is accepted`(name: String, value: String) throws {
        #expect(try store([name: value]).status == 200)
    }

    @Test func `a coding in a second field is refused as well`() throws {
        #expect(try store([:], repeated: ["HTTP_CONTENT_ENCODING": ["identity", "br"]]).code == "KF044")
        #expect(try store([:], repeated: ["HTTP_CONTENT_ENCODING": ["identity", ""]]).status == 200)
    }

    @Test(arguments: ["identity", "IDENTITY", "identity, identity", ""])
    func `a body without a coding is accepted`(value: String) throws {
        #expect(try store(["Content-Encoding": value, "Transfer-Encoding": "chunked"]).status == 200)
    }

    @Test(arguments: [
        ("HTTP_FILE_PATH", ["a", "b"]), ("HTTP_FILE_PATH", ["a", "a"]), ("HTTP_FILE_PATH", ["", "a"]),
        ("HTTP_FILE_PATH", ["UTF-8''a, UTF-8''b"]), ("HTTP_FILE_PATH", ["a, utf-8'de'b"]),
        ("HTTP_FILE_PATH", ["UTF-8''a, b"]),
        ("HTTP_DESCRIPTION", ["a", "b"]), ("HTTP_DESCRIPTION", ["a", ""]),
        ("HTTP_CONTENT_TYPE", ["text/plain", "text/html"]),
    ])
    func `a second field is refused if there must be only one`(name: String, values: [String]) throws {
        let answer = try store([:], repeated: [name: values])
        #expect(answer.status == 400 && answer.code == "KF046")
        #expect(try user.begunUploads == 0 && user.installation.blobs.isEmpty)
    }

    @Test func `two joined media types are refused, and a comma in quotes is accepted`() throws {
        #expect(try store(["Content-Type": "text/plain, text/html"]).code == "KF046")
        #expect(try store(["Content-Type": "text/plain; a=\"b, c\""]).status == 200)
    }

    @Test(arguments: ["Smith, John", "a,b", "UTF-8, 'a'", "UTF-8''a%2C%20b"])
    func `a comma belongs to the path`(path: String) throws {
        #expect(try store(["File-Path": path]).status == 200)
    }

    @Test func `several fields of a list are one list`() throws {
        let tag = try #require(try store([:])["ETag"])
        #expect(try store([:], repeated: ["HTTP_IF_MATCH": ["\"other\"", tag]]).status == 200)
        #expect(try store([:], repeated: ["HTTP_IF_MATCH": ["\"other\"", "\"another\""]]).code == "KF004")
        let wrong = "sha-256=:" + String(repeating: "A", count: 43) + "=:"
        #expect(try store([:], repeated: ["HTTP_REPR_DIGEST": ["md5=:AA==:", wrong]]).code == "KF010")
    }
}

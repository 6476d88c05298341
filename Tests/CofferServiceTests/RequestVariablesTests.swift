import CofferCore
import Testing

@testable import CofferService

struct RequestVariablesTests {
    @Test(
        arguments: [
            RequestField.accept, .authorization, .cookie, .host, .prefer, .origin, .fetchSite, .preflightMethod,
            .preflightHeaders, .ifMatch, .ifNoneMatch, .ifModifiedSince, .ifUnmodifiedSince, .ifRange, .range,
            .filePath,
            .description, .reprDigest, .contentDigest, .contentTypes, .contentEncoding, .transferEncoding,
            .contentTransferEncoding, .contentRange, .xContentRange, .uploadComplete, .uploadIncomplete, .uploadOffset,
            .tusResumable, .ocChunked,
        ] + RequestField.proxies)
    func `a field's variable is what CGI makes of its name`(field: RequestField) {
        #expect("\(field.variable)" == "HTTP_" + field.name.uppercased().replacing("-", with: "_"))
    }

    @Test func `two fields have variables without a prefix`() {
        #expect("\(RequestField.contentType.variable)" == "CONTENT_TYPE")
        #expect("\(RequestField.contentLength.variable)" == "CONTENT_LENGTH")
    }

    private func request(_ fields: [String: String], _ parameters: [String: String] = [:]) throws -> Request {
        try Request(fields, parameters)
    }

    @Test func `a range that the web server hides is used, and several ranges are not`() throws {
        #expect(try request(["Range": "bytes=0-1"]).byteRange == "bytes=0-1")
        #expect(try request(["Range": "bytes=0-1"], ["COFFER_RANGE": "bytes=2-3"]).byteRange == "bytes=2-3")
        let exchange = FakeExchange("GET", "/files")
        exchange.repeated = ["HTTP_RANGE": ["bytes=0-1", "bytes=2-3"]]
        let several = try Request(exchange, id: "test", basePath: "")
        #expect(try several.byteRange == nil && several.hasRange && !several.isPlainRange)
    }

    @Test func `an empty If-Range is not nil, and names no version`() throws {
        #expect(try request(["If-Range": ""]).ifRange?.isEmpty == true)
        #expect(try request([:]).ifRange == nil)
    }

    @Test(
        arguments: [
            ("x-accel-redirect:/a/", ["/a/"]), ("x-accel-redirect:/a/ /b/", ["/a/", "/b/"]), ("x-sendfile", []),
            ("x-lighttpd", nil), ("", nil),
        ] as [(String, [String]?)])
    func `the web server offers to send files by location, by path or not at all`(
        offer: String, locations: [String]?
    ) throws {
        switch try request([:], ["COFFER_SENDFILE": offer]).sendfile {
        case .accelRedirect(let found): #expect(found.map { String($0) } == locations)
        case .xSendfile: #expect(locations == [])
        case nil: #expect(locations == nil)
        }
    }

    @Test(arguments: ["", "/remote/", "/remote/ https://a https://b"])
    func `an offer to fetch files names a location and an origin`(offer: String) throws {
        #expect(try request([:], ["COFFER_SENDFILE_REMOTE": offer]).remoteSendfile == nil)
        let remote = try request([:], ["COFFER_SENDFILE_REMOTE": "/remote/ https://a"]).remoteSendfile
        #expect(remote?.location == "/remote/" && remote?.origin == "https://a")
    }
}

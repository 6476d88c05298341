import Testing

@testable import BlobStore

struct S3ListingTests {
    private let name = "0123456789abcdef0123456789abcdef"

    private func status(_ key: String, _ facts: String) throws -> BlobStatus? {
        let address = try S3Address("s3://bucket/prefix?endpoint=https://localhost")
        let object = "<Contents><Key>\(key)</Key>\(facts)</Contents>"
        return try address.status(try #require(XMLElement.parse(Array(object.utf8))))
    }

    @Test func `a listed blob has a size and a time`() throws {
        let facts = "<Size>5</Size><LastModified>2013-05-24T00:00:00.000Z</LastModified>"
        let found = try #require(try status("prefix/01/\(name)", facts))
        #expect(found.name.description == name)
        #expect(found.size == 5)
        #expect(found.modified == 1_369_353_600)
    }

    @Test func `an object that is not a blob is skipped`() throws {
        #expect(try status("prefix/coffer-store", "<Size>5</Size>") == nil)
        #expect(try status("prefix/02/\(name)", "") == nil)
    }

    @Test(arguments: [
        "", "<Size>5</Size>", "<LastModified>2013-05-24T00:00:00.000Z</LastModified>",
        "<Size>5</Size><LastModified>soon</LastModified>",
        "<Size>five</Size><LastModified>2013-05-24T00:00:00.000Z</LastModified>",
    ])
    func `a blob without its size or time is an error`(facts: String) {
        #expect(kind { _ = try status("prefix/01/\(name)", facts) } == .unavailable)
    }
}

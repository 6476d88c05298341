import Testing

@testable import BlobStore

struct S3AddressTests {
    private let name = BlobName("ab000000000000000000000000000001")!

    @Test func `without an endpoint it is AWS in the given region, in virtual-hosted style`() throws {
        let address = try S3Address("s3://photos/coffer/blobs")
        #expect(address.origin == "https://photos.s3.us-east-1.amazonaws.com")
        #expect(address.root == "/")
        #expect(address.key(of: name) == "coffer/blobs/ab/ab000000000000000000000000000001")
        #expect(try S3Address("s3://photos?region=eu-central-1").host == "photos.s3.eu-central-1.amazonaws.com")
    }

    @Test func `a custom endpoint has the bucket in the path, unless the style says otherwise`() throws {
        let address = try S3Address("s3://photos/?endpoint=http://127.0.0.1:9000/&region=garage")
        #expect(address.origin == "http://127.0.0.1:9000")
        #expect(address.root == "/photos/")
        #expect(address.region == "garage")
        #expect(address.key(of: name) == "ab/ab000000000000000000000000000001")
        let virtual = try S3Address("s3://photos?endpoint=https://s3.test:8443&style=virtual")
        #expect(virtual.origin == "https://photos.s3.test:8443")
        #expect(virtual.root == "/")
    }

    @Test func `the scheme's default port is left out, as clients leave it out of Host`() throws {
        #expect(try S3Address("s3://photos?endpoint=https://s3.test:443").host == "s3.test")
        #expect(try S3Address("s3://photos?endpoint=http://s3.test:80").host == "s3.test")
        #expect(try S3Address("s3://photos?endpoint=http://s3.test:443").host == "s3.test:443")
    }

    @Test(arguments: [
        "https://s3.test", "https://s3.test/", "HTTPS://s3.test", "https://S3.Test:443", "Https://s3.TEST:443/",
    ])
    func `all spellings of an endpoint have the same origin`(endpoint: String) throws {
        #expect(try S3Address("s3://photos?endpoint=\(endpoint)").origin == "https://s3.test")
        #expect(try S3Address("s3://Photos?style=virtual&endpoint=\(endpoint)").origin == "https://photos.s3.test")
    }

    @Test(arguments: [
        ("s3://", "bucket name"), ("s3://ab", "bucket name"), ("s3:///prefix", "bucket name"),
        ("s3://a b c", "bucket name"),
        ("s3://photos//x", "prefix"), ("s3://photos/../x", "prefix"), ("s3://photos/ä", "prefix"),
        ("s3://photos/a%20b", "prefix"), ("s3://photos?Endpoint=x", "Endpoint"), ("s3://photos?key=secret", "key"),
        ("s3://photos?region", "region"), ("s3://photos?region=a&region=b", "region"),
        ("s3://photos?region=", "region"),
        ("s3://photos?endpoint=ftp://host", "endpoint"), ("s3://photos?endpoint=https://", "endpoint"),
        ("s3://photos?endpoint=https://user@host", "endpoint"), ("s3://photos?endpoint=https://host/path", "endpoint"),
        ("s3://photos?style=dns", "style"),
    ])
    func `an invalid URL is refused with the reason`(url: String, reason: String) {
        let error = #expect(throws: BlobStoreError.self) { _ = try S3Address(url) }
        #expect(error?.kind == .misconfigured)
        #expect(error?.message.contains(reason) == true)
    }

    @Test func `only the key of a blob is read as a blob's name`() throws {
        let address = try S3Address("s3://photos/p")
        #expect(address.name(ofKey: "p/ab/ab000000000000000000000000000001") == name)
        for key in [
            "p/ac/ab000000000000000000000000000001", "ab/ab000000000000000000000000000001", "p/README", "",
            "p/ab/AB000000000000000000000000000001", "p//ab000000000000000000000000000001x",
        ] {
            #expect(address.name(ofKey: key) == nil)
        }
    }
}

import BlobStore
import System
import Testing

struct OpenBlobStoreTests {
    @Test(arguments: [
        ("", "begin with file:///"), ("/var/lib/coffer", "begin with file:///"),
        ("http://host/x", "begin with file:///"),
        ("file:/var", "begin with file:///"), ("file://host/var", "three slashes"), ("file://", "three slashes"),
        ("file:///", "no folder below /"), ("file:////", "no folder below /"), ("file:///a%20b", "no %, ? or #"),
        ("file:///a?b", "no %, ? or #"), ("s3://bucket/prefix?zone=x", "zone"),
    ])
    func `a URL that cannot be used says why`(url: String, reason: String) throws {
        let error = #expect(throws: BlobStoreError.self) { _ = try openBlobStore(url) }
        #expect(error?.kind == .misconfigured)
        #expect(error?.message.contains(reason) == true)
    }

    @Test func `a missing root is an outage and is not made`() throws {
        let root = "/tmp/coffer-test-\(UInt64.random(in: 0 ... .max))"
        #expect(kind { _ = try openBlobStore("file://\(root)") } == .unavailable)
        #expect(throws: SystemError.self) { try FileSystem.status(root) }
    }

    @Test func `the operator's command makes the root with its parents, more than once without harm`() throws {
        let parent = "/tmp/coffer-test-\(UInt64.random(in: 0 ... .max))"
        defer { try? TestStore.remove(parent) }
        for _ in 1...2 {
            try openBlobStore("file://\(parent)/a/b/", creating: true).probe()
        }
        #expect(try FileSystem.list(parent + "/a/b").sorted() == ["incoming", "stage"])
    }

    @Test func `a folder without stage is not made into a store`() throws {
        let test = try TestStore()
        try FileSystem.removeFolder(test.root + "/stage")
        #expect(kind { _ = try openBlobStore("file://\(test.root)") } == .unavailable)
        #expect(try FileSystem.list(test.root) == ["incoming"])
    }
}

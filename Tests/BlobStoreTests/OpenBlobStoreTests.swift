import BlobStore
import POSIX
import TestSupport
import Testing

struct OpenBlobStoreTests {
    @Test(arguments: [
        ("", "begin with file:///"), ("/var/lib/coffer", "begin with file:///"),
        ("http://host/x", "begin with file:///"),
        ("file:/var", "begin with file:///"), ("file://host/var", "three slashes"), ("file://", "three slashes"),
        ("file:///", "a directory below /"), ("file:////", "a directory below /"),
        ("file:///a%20b", "must not contain %, ? or #"), ("file:///a?b", "must not contain %, ? or #"),
        ("s3://bucket/prefix?zone=x", "zone"),
    ])
    func `an invalid URL is refused with the reason`(url: String, reason: String) throws {
        let error = #expect(throws: BlobStoreError.self) { _ = try openBlobStore(url) }
        #expect(error?.kind == .misconfigured)
        #expect(error?.message.contains(reason) == true)
    }

    @Test func `a missing root is an outage, and it is not made`() throws {
        let root = "/tmp/coffer-test-\(UInt64.random(in: 0 ... .max))"
        #expect(kind { _ = try openBlobStore("file://\(root)") } == .unavailable)
        #expect(throws: SystemError.self) { try FileSystem.status(root) }
    }

    @Test func `the operator's command makes the root and its parents, and may run again`() throws {
        let parent = "/tmp/coffer-test-\(UInt64.random(in: 0 ... .max))"
        defer { try? TemporaryDirectory.remove(parent) }
        for _ in 1...2 {
            try openBlobStore("file://\(parent)/a/b/", creating: true).probe()
        }
        #expect(try FileSystem.list(parent + "/a/b").sorted() == ["incoming", "stage"])
    }

    @Test func `a directory without stage/ is not a store`() throws {
        let test = try TestStore()
        try FileSystem.removeDirectory(test.root + "/stage")
        #expect(kind { _ = try openBlobStore("file://\(test.root)") } == .unavailable)
        #expect(try FileSystem.list(test.root) == ["incoming"])
    }
}

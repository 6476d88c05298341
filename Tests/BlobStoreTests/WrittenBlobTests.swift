import BlobStore
import POSIX
import Testing

struct WrittenBlobTests {
    let test: TestStore

    init() throws { test = try TestStore() }

    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ])
    func `size and digest are those of the bytes`(text: String, digest: String) throws {
        let (name, content) = try test.store(Array(text.utf8))
        #expect(content.size == text.utf8.count)
        #expect(hex(content.sha256) == digest)
        #expect(try test.bytes(of: name) == Array(text.utf8))
    }

    @Test(arguments: [1, 65_535, 65_536, 65_537, (8 << 20) + 1])
    func `a blob is read back as it was written, and nothing remains in stage/`(count: Int) throws {
        let bytes = pattern(count)
        let (name, content) = try test.store(bytes, step: 65_536)
        #expect(content.size == count)
        #expect(content == (try test.store(bytes).1))
        #expect(try test.bytes(of: name) == bytes)
        #expect(try test.stages.isEmpty)
    }

    @Test func `files and directories are closed to other users`() throws {
        let (name, _) = try test.store([1])
        let path = try #require(test.blobs.absolutePath(of: name))
        #expect(path == "\(test.root)/\(try #require(test.blobs.path(of: name)))")
        #expect(try FileSystem.status(path).mode & 0o137 == 0)
        #expect(try FileSystem.status(String(path.dropLast(33))).mode & 0o027 == 0)
    }

    @Test func `short writes and interruptions change nothing`() throws {
        let bytes = pattern(5000)
        try Faults.$maximumTransfer.withValue(999) {
            let name = BlobName.generate()
            let interrupted = try failing(at: 4, with: ErrorNumber.interrupted) { try test.store(bytes, as: name) }
            #expect(interrupted == .write)
            #expect(try test.bytes(of: name) == bytes)
        }
    }

    @Test func `a name is never published twice`() throws {
        let (name, _) = try test.store([1])
        #expect(kind { try test.store([2], as: name) } == .exists)
        #expect(try test.bytes(of: name) == [1])
        #expect(try test.stages.isEmpty)
    }

    @Test func `a blob that is not published is removed with its last reference`() throws {
        do {
            let blob = try test.blobs.stage(as: .generate(), length: nil)
            try blob.write([1, 2, 3].span)
            _ = try blob.finish()
            #expect(try test.stages.count == 1)
        }
        #expect(try test.stages.isEmpty)
        #expect(try test.published.isEmpty)
    }

    @Test func `a discarded or finished blob takes no more`() throws {
        let blob = try test.blobs.stage(as: .generate(), length: nil)
        let content = try blob.finish()
        #expect(try blob.finish() == content)
        #expect(kind { try blob.write([1].span) } == .refused)
        blob.discard()
        #expect(try test.stages.isEmpty)
        #expect(kind { try blob.publish() } != nil)
        #expect(try test.published.isEmpty)
    }

    @Test(arguments: [
        (ErrorNumber.noSpace, BlobStoreError.Kind.full), (ErrorNumber.quotaExceeded, .full),
        (ErrorNumber.readOnlyFileSystem, .unavailable),
        (ErrorNumber.permissionDenied, .unavailable), (ErrorNumber.inputOutput, .unavailable),
        (ErrorNumber.fileTooLarge, .tooLarge),
    ])
    func `whichever call fails, nothing remains and the error has the right kind`(
        number: Int32, expected: BlobStoreError.Kind
    ) throws {
        var failed: [SystemCall] = []
        while true {
            var result: BlobStoreError.Kind?
            let call = failing(at: failed.count, with: number) { result = kind { try test.store(pattern(100)) } }
            guard let call else { break }
            failed.append(call)
            // The last call removes the stage of what is published already: no failure for anyone.
            #expect(result == (call == .unlink ? nil : expected), "\(call)")
            #expect(try test.published.count == (call == .unlink ? 1 : 0), "\(call)")
            #expect(try test.stages.count == (call == .unlink ? 1 : 0), "\(call)")
            for directory in try FileSystem.list(test.root) where directory.utf8.count == 2 && call != .unlink {
                #expect(try FileSystem.list("\(test.root)/\(directory)").isEmpty)
                try FileSystem.removeDirectory("\(test.root)/\(directory)")
            }
        }
        #expect(failed == [.open, .flock, .write, .open, .mkdir, .open, .fsync, .open, .link, .fsync, .fsync, .unlink])
    }
}

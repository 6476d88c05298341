import BlobStore
import Glibc
import POSIX
import Testing

struct HandOffBlobTests {
    let test: TestStore
    static let shared = "/dev/shm"

    static var sharedIsForeign: Bool {
        guard let here = try? FileSystem.status("/tmp").device, let there = try? FileSystem.status(shared).device
        else { return false }
        return here != there
    }

    init() throws { test = try TestStore() }

    @Test(arguments: [0, 1, 262_143, 262_144, 262_145, 1 << 20])
    func `a body file is linked, not copied, and stays the web server's`(count: Int) throws {
        let bytes = pattern(count)
        let path = try test.bodyFile(bytes)
        let name = BlobName.generate()
        let blob = try test.blobs.stage(handOff: path, as: name)
        #expect(blob.size == count)
        let content = try blob.finish()
        #expect(content == (try test.store(bytes).1))
        try blob.publish()
        #expect(try test.bytes(of: name) == bytes)
        let stored = try FileSystem.status(try #require(test.blobs.absolutePath(of: name)))
        #expect(try stored.inode == FileSystem.status(path).inode)
        #expect(stored.mode == 0o640)
        #expect(try test.stages.isEmpty)
    }

    @Test func `discarding leaves the web server's name alone`() throws {
        let path = try test.bodyFile([1])
        do { _ = try test.blobs.stage(handOff: path, as: .generate()).finish() }
        #expect(try test.stages.isEmpty)
        #expect(try FileSystem.contents(of: path) == [1])
    }

    @Test func `a symbolic link, a directory, a pipe and an absent file are refused`() throws {
        let path = "\(test.root)/incoming/body"
        let target = try test.bodyFile([1])
        #expect(unsafe symlink(target, path) == 0)
        #expect(kind { _ = try test.blobs.stage(handOff: path, as: .generate()) } == .refused)
        try FileSystem.unlink(path)
        #expect(unsafe mkfifo(path, 0o600) == 0)
        #expect(kind { _ = try test.blobs.stage(handOff: path, as: .generate()) } == .refused)
        #expect(kind { _ = try test.blobs.stage(handOff: test.root, as: .generate()) } == .refused)
        #expect(kind { _ = try test.blobs.stage(handOff: path + "2", as: .generate()) } == .unavailable)
        #expect(try test.stages.isEmpty)
    }

    @Test(.enabled(if: Self.sharedIsForeign, "/dev/shm is no other file system here"))
    func `a body file on another file system is copied`() throws {
        let bytes = pattern(600_000)
        let path = try test.bodyFile(bytes, in: Self.shared)
        defer { try? FileSystem.unlink(path) }
        let name = BlobName.generate()
        let blob = try test.blobs.stage(handOff: path, as: name)
        #expect(blob.size == bytes.count)
        try blob.publish()
        #expect(try test.bytes(of: name) == bytes)
        try FileSystem.unlink(path)
        #expect(unsafe symlink("/etc/passwd", path) == 0)
        #expect(kind { _ = try test.blobs.stage(handOff: path, as: .generate()) } == .refused)
        #expect(try test.stages.isEmpty)
    }

    @Test(arguments: [SystemCall.link, .fchown])
    func `a body file that may not be linked is copied`(call: SystemCall) throws {
        let path = try test.bodyFile(pattern(1000))
        let name = BlobName.generate()
        let failed = try failing(at: 0, with: ErrorNumber.notPermitted, of: [call]) {
            try test.blobs.stage(handOff: path, as: name).publish()
        }
        #expect(failed == call)
        #expect(try test.bytes(of: name) == pattern(1000))
        let stored = try FileSystem.status(try #require(test.blobs.absolutePath(of: name)))
        #expect(try stored.inode != FileSystem.status(path).inode)
        #expect(try test.stages.isEmpty)
    }

    @Test func `whichever call fails, only the web server's file remains`() throws {
        var failed: [SystemCall] = []
        // So long that the disk is told to begin before the end.
        let body = pattern(8 << 20)
        while true {
            // A new store each time, so that each time the same calls are made.
            let test = try TestStore()
            let path = try test.bodyFile(body)
            var result: BlobStoreError.Kind?
            let call = failing(at: failed.count, with: ErrorNumber.noSpace) {
                result = kind { try test.blobs.stage(handOff: path, as: .generate()).publish() }
            }
            guard let call else { break }
            failed.append(call)
            if call == .sync_file_range || call == .unlink {
                #expect(result == nil)
                continue
            }
            #expect(result == .full, "\(call)")
            #expect(try test.stages.isEmpty, "\(call)")
            #expect(try test.published.isEmpty, "\(call)")
            #expect(try FileSystem.contents(of: path, limit: body.count) == body)
        }
        #expect(failed.contains(.sync_file_range) && failed.count { $0 == .fsync } >= 2)
    }
}

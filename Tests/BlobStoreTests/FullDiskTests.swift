import BlobStore
import Glibc
import POSIX
import Testing

/// A file system of 1 MiB in memory. nil if this process may not mount one.
final class SmallFileSystem {
    let path = "/tmp/coffer-test-\(UInt64.random(in: 0 ... .max))"

    init?() {
        guard (try? FileSystem.createDirectory(path)) != nil else { return nil }
        guard unsafe mount("tmpfs", path, "tmpfs", 0, "size=1m") == 0 else {
            try? FileSystem.removeDirectory(path)
            return nil
        }
    }

    deinit {
        _ = unsafe umount2(path, Int32(MNT_DETACH))
        try? FileSystem.removeDirectory(path)
    }
}

struct FullDiskTests {
    @Test(.enabled(if: SmallFileSystem() != nil, "mounting a tmpfs needs root"))
    func `a full disk refuses a blob, keeps the others, and accepts the next blob that fits`() throws {
        let small = try #require(SmallFileSystem())
        let test = try TestStore(in: small.path)
        let (name, _) = try test.store(pattern(300_000))
        #expect(kind { try test.store(pattern(2 << 20), step: 65_536) } == .full)
        #expect(try test.stages.isEmpty)
        #expect(try test.published == [name.description])
        try test.store(pattern(300_000))
        #expect(try test.bytes(of: name) == pattern(300_000))
    }
}

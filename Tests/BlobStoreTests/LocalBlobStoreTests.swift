import BlobStore
import POSIX
import Testing

struct LocalBlobStoreTests {
    let test: TestStore

    init() throws { test = try TestStore() }

    @Test func `reads start anywhere and end with the blob`() throws {
        let (name, _) = try test.store(pattern(1000))
        let reader = try test.blobs.open(name)
        #expect(reader.size == 1000)
        func read(at offset: Int64, _ count: Int) throws -> [UInt8] {
            var buffer = Buffer(capacity: count)
            try buffer.append { space throws(BlobStoreError) in _ = try reader.read(at: offset, into: &space) }
            return buffer.array
        }
        #expect(try read(at: 10, 5) == Array(pattern(1000)[10..<15]))
        #expect(try read(at: 990, 100) == Array(pattern(1000)[990...]))
        #expect(try read(at: 1000, 1).isEmpty)
        #expect(try Faults.$maximumTransfer.withValue(7) { try read(at: 0, 100) } == Array(pattern(100)))
    }

    @Test func `a removed blob is absent, an open reader still reads it, and it can be removed again`() throws {
        let (name, _) = try test.store([7])
        let reader = try test.blobs.open(name)
        try test.blobs.remove(name)
        try test.blobs.remove(name)
        #expect(kind { _ = try test.blobs.open(name) } == .absent)
        var buffer = Buffer(capacity: 1)
        try buffer.append { space throws(BlobStoreError) in _ = try reader.read(at: 0, into: &space) }
        #expect(buffer.array == [7])
    }

    @Test func `every call fails while the root is lost, and the store works again when it is back`() throws {
        let (name, _) = try test.store([1])
        let body = try test.bodyFile([2], in: "/tmp")
        defer { try? FileSystem.unlink(body) }
        try FileSystem.rename(test.root, to: test.root + ".away")
        #expect(kind { _ = try test.blobs.stage(as: .generate(), length: nil) } == .unavailable)
        #expect(kind { _ = try test.blobs.stage(handOff: body, as: .generate()) } == .unavailable)
        #expect(kind { _ = try test.blobs.open(name) } == .unavailable)
        #expect(kind { try test.blobs.remove(name) } == .unavailable)
        #expect(kind { try test.blobs.probe() } == .unavailable)
        #expect(kind { _ = try test.blobs.sweepAbandonedStages() } == .unavailable)
        #expect(throws: SystemError.self) { try FileSystem.status(test.root) }
        try FileSystem.rename(test.root + ".away", to: test.root)
        #expect(try test.bytes(of: name) == [1])
        try test.store([3])
        try test.blobs.probe()
    }

    @Test func `a blob is not published if the root is lost while it is written`() throws {
        let blob = try test.blobs.stage(as: .generate(), length: nil)
        try blob.write([1].span)
        try FileSystem.rename(test.root, to: test.root + ".away")
        #expect(kind { try blob.publish() } == .unavailable)
        try FileSystem.rename(test.root + ".away", to: test.root)
        #expect(try test.published.isEmpty)
    }

    @Test func `a directory without stage/ is an outage, not an empty store`() throws {
        try FileSystem.removeDirectory(test.root + "/stage")
        #expect(kind { try test.store([1]) } == .unavailable)
        #expect(kind { try test.blobs.remove(.generate()) } == .unavailable)
        #expect(try test.published.isEmpty)
    }
}

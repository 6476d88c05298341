import BlobStore
import POSIX
import TestSupport
import Testing

/// Blobs that arrive in several requests, in every kind of store.
struct ResumableBlobTests {
    private static let part = 8 << 20

    /// Appends bytes and saves them whenever there is no more room, and at the end.
    private func add(
        _ bytes: ArraySlice<UInt8>, to blob: any ResumableBlob, recording: Bool = true
    ) throws -> BlobProgress {
        #expect(try blob.claim())
        var rest = bytes
        while !rest.isEmpty {
            let piece = rest.prefix(min(blob.room, 100_000))
            let bytes = Array(piece)
            try blob.append(bytes.span)
            rest = rest.dropFirst(piece.count)
            if blob.room == 0, !rest.isEmpty {
                _ = try blob.save()
                if recording { blob.recorded() }
            }
        }
        defer { if recording { blob.recorded() } }
        return try blob.save()
    }

    private func read(_ name: BlobName, of store: any BlobStore) throws -> [UInt8] {
        let reader = try store.open(name)
        var buffer = Buffer(capacity: Int(reader.size) + 1)
        try buffer.append { space throws(BlobStoreError) in _ = try reader.read(at: 0, into: &space) }
        return buffer.array
    }

    /// A blob in pieces of these sizes, each by an object of its own, as by a process of its own.
    @Test(
        arguments: ConformanceTests.stores,
        [
            [1], [3, 4], [part], [part + 1], [1, part - 1], [part - 1, 2], [2 * part, 5, 3 * part],
            [part / 2, part, part],
        ])
    func `pieces of any sizes make the blob`(store: ConformanceTests.Store, sizes: [Int]) throws {
        let (blobs, name, bytes) = (try store.open(), BlobName.generate(), pattern(sizes.reduce(0, +)))
        var progress = BlobProgress()
        for size in sizes {
            let begin = Int(progress.size)
            let blob = try blobs.resume(name, length: Int64(bytes.count), from: progress)
            progress = try add(bytes[begin..<begin + size], to: blob)
            #expect(progress.size == Int64(begin + size))
        }
        let complete = try blobs.resume(name, length: Int64(bytes.count), from: progress).complete()
        #expect(try complete.finish() == content(bytes))
        #expect(kind { _ = try blobs.open(name) } == .absent)
        try complete.publish()
        complete.confirm()
        #expect(try read(name, of: blobs) == bytes)
        #expect(try blobs.sweepAbandonedStages(olderThan: .zero) == 0)
        try blobs.remove(name)
    }

    private func content(_ bytes: [UInt8]) throws -> BlobContent {
        let test = try TestStore()
        let blob = try test.blobs.stage(as: .generate(), length: nil)
        try blob.write(bytes.span)
        return try blob.finish()
    }

    @Test(arguments: ConformanceTests.stores)
    func `bytes that were not recorded are overwritten`(store: ConformanceTests.Store) throws {
        let (blobs, name, bytes) = (try store.open(), BlobName.generate(), pattern(Self.part + 100))
        let recorded = try add(
            bytes[..<50], to: blobs.resume(name, length: Int64(bytes.count), from: BlobProgress()))
        // A process that dies before it records this.
        _ = try add(
            bytes[100...], to: blobs.resume(name, length: Int64(bytes.count), from: recorded), recording: false)
        let second = try blobs.resume(name, length: Int64(bytes.count), from: recorded)
        _ = try add(bytes[50...], to: second)
        let complete = try second.complete()
        #expect(try complete.finish() == content(bytes))
        try complete.publish()
        #expect(try read(name, of: blobs) == bytes)
        try blobs.discardUnfinished([name])
        try blobs.remove(name)
    }

    @Test(arguments: ConformanceTests.stores)
    func `a blob can be published again until its commit is known`(store: ConformanceTests.Store) throws {
        let (blobs, name, bytes) = (try store.open(), BlobName.generate(), pattern(1000))
        let blob = try blobs.resume(name, length: 1000, from: BlobProgress())
        let progress = try add(bytes[...], to: blob)
        try blob.complete().publish()
        let again = try blobs.resume(name, length: 1000, from: progress).complete()
        try again.publish()
        again.confirm()
        #expect(try read(name, of: blobs) == bytes)
        try blobs.remove(name)
    }

    @Test(arguments: ConformanceTests.stores, [100, part + 100])
    func `nothing remains of a discarded blob`(store: ConformanceTests.Store, size: Int) throws {
        let (blobs, name, other) = (try store.open(), BlobName.generate(), BlobName.generate())
        for name in [name, other] {
            let blob = try blobs.resume(name, length: Int64(size + 1), from: BlobProgress())
            _ = try add(pattern(size)[...], to: blob)
        }
        try blobs.discardUnfinished([name])
        var asked: Set<BlobName> = []
        _ = try blobs.sweepAbandonedStages(olderThan: .seconds(-60)) { names in
            asked.formUnion(names)
            return Set(names)
        }
        #expect(asked == [other])
        _ = try blobs.sweepAbandonedStages(olderThan: .seconds(-60))
        asked = []
        _ = try blobs.sweepAbandonedStages(olderThan: .seconds(-60)) { names in
            asked.formUnion(names)
            return []
        }
        #expect(asked == [])
    }

    @Test(arguments: ConformanceTests.stores)
    func `progress of another offset is refused`(store: ConformanceTests.Store) throws {
        let (blobs, name) = (try store.open(), BlobName.generate())
        let blob = try blobs.resume(name, length: 1000, from: BlobProgress())
        let progress = try add(pattern(100)[...], to: blob)
        for size in [Int64(0), 99, 101, 164] {
            let wrong = BlobProgress(size: size, digest: progress.digest, store: progress.store)
            #expect(kind { _ = try blobs.resume(name, length: 1000, from: wrong) } == .refused, "\(size)")
        }
        try blobs.discardUnfinished([name])
    }

    @Test func `a failed call changes nothing that was recorded`() throws {
        let bytes = pattern(200)
        var position = 0
        var failed: SystemCall?
        repeat {
            let test = try TestStore()
            let name = BlobName.generate()
            var progress = try add(
                bytes[..<100], to: test.blobs.resume(name, length: 200, from: BlobProgress()))
            failed = failing(at: position, with: ErrorNumber.inputOutput) {
                do {
                    let blob = try test.blobs.resume(name, length: 200, from: progress)
                    progress = try add(bytes[100...], to: blob)
                    try blob.complete().publish()
                } catch {
                    #expect((error as? BlobStoreError)?.kind == .unavailable)
                }
            }
            let blob = try test.blobs.resume(name, length: 200, from: progress)
            if progress.size < 200 { progress = try add(bytes[100...], to: blob) }
            let complete = try test.blobs.resume(name, length: 200, from: progress).complete()
            try complete.publish()
            complete.confirm()
            #expect(try test.bytes(of: name) == bytes)
            #expect(try test.stages == [])
            position += 1
        } while failed != nil
        #expect(position > 5)
    }

    @Test func `lost bytes are noticed`() throws {
        let test = try TestStore()
        let name = BlobName.generate()
        let progress = try add(pattern(100)[...], to: test.blobs.resume(name, length: 200, from: BlobProgress()))
        try FileSystem.unlink("\(test.root)/stage/+\(name)")
        let blob = try test.blobs.resume(name, length: 200, from: progress)
        #expect(kind { _ = try blob.claim() } == .absent)
    }
}

import BlobStore
import Glibc
import POSIX
import Testing

struct LocalSweepTests {
    let test: TestStore

    init() throws { test = try TestStore() }

    @Test func `a sweep removes unlocked files and leaves locked ones`() throws {
        let held = try test.blobs.stage(as: .generate(), length: nil)
        _ = try FileSystem.create("\(test.root)/stage/-\(BlobName.generate())")
        #expect(try test.blobs.sweepAbandonedStages(olderThan: .zero) == 1)
        #expect(try test.stages.count == 1)
        try held.publish()
        #expect(try test.published.count == 1)
    }

    @Test func `a sweep leaves young files, also an old body file that has just been linked`() throws {
        _ = try FileSystem.create("\(test.root)/stage/-\(BlobName.generate())")
        let body = try test.bodyFile([1])
        try age(body, days: 1)
        try FileSystem.link(body, to: "\(test.root)/stage/-\(BlobName.generate())")
        #expect(try test.blobs.sweepAbandonedStages() == 0)
        #expect(try test.stages.count == 2)
    }

    @Test func `a sweep removes body files after a week`() throws {
        let old = try test.bodyFile([1])
        let young = try test.bodyFile([2])
        try age(old, days: 8)
        try age(young, days: 6)
        #expect(try test.blobs.sweepAbandonedStages() == 1)
        #expect(try FileSystem.contents(of: young) == [2])
        #expect(throws: SystemError.self) { try FileSystem.status(old) }
    }

    @Test func `a sweep fails during an outage`() throws {
        _ = failing(at: 0, with: ErrorNumber.inputOutput, of: [.open]) {
            #expect(kind { _ = try test.blobs.sweepAbandonedStages() } == .unavailable)
        }
    }

    private func age(_ path: String, days: Int64) throws {
        let time = timeval(tv_sec: Int(Clock.realtimeSeconds() - days * 86_400), tv_usec: 0)
        #expect(unsafe utimes(path, [time, time]) == 0)
    }
}

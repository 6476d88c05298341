import BlobStore
import POSIX
import Testing

struct LocalProbeTests {
    @Test func `a probe leaves nothing behind`() throws {
        let test = try TestStore()
        try test.blobs.probe()
        #expect(try test.stages.isEmpty)
        #expect(try test.published.isEmpty)
    }

    @Test(arguments: [SystemCall.open, .flock, .write, .fsync, .pread])
    func `a probe finds every failure that an upload would find`(call: SystemCall) throws {
        let test = try TestStore()
        var result: BlobStoreError.Kind?
        #expect(
            failing(at: 0, with: ErrorNumber.inputOutput, of: [call]) { result = kind(of: test.blobs.probe) } == call)
        #expect(result == .unavailable)
        #expect(try test.stages.isEmpty)
    }
}

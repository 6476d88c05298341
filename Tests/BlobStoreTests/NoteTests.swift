import POSIX
import Testing

@testable import BlobStore

/// What a store remembers of blobs on their way in.
struct NoteTests {
    let test: TestStore
    let blobs: any NotingBlobStore
    let name: BlobName

    init() throws {
        test = try TestStore()
        blobs = try #require(test.blobs as? any NotingBlobStore)
        name = try BlobName.generate()
        // So that no other folder is made durable than the blob's own.
        try FileSystem.createDirectory("\(test.root)/\(name.prefix)")
    }

    private func published() throws -> any NotedBlob {
        let blob = try blobs.stageWithNote(as: name)
        try blob.write([1, 2, 3].span)
        try blob.publish()
        return blob
    }

    @Test func `a note is there from the first byte until the blob is settled`() throws {
        #expect(try !blobs.hasNote(of: name))
        let blob = try blobs.stageWithNote(as: name)
        #expect(try blobs.hasNote(of: name))
        try blob.write([1, 2, 3].span)
        try blob.publish()
        #expect(try blobs.hasNote(of: name))
        blob.settle()
        #expect(try !blobs.hasNote(of: name))
        #expect(try test.published == [name.description])
        #expect(try test.stages.isEmpty)
    }

    @Test func `a body file is noted likewise, and stays where it is`() throws {
        let path = try test.bodyFile([4, 5])
        let blob = try blobs.adoptWithNote(bodyFile: path, as: name)
        #expect(try blobs.hasNote(of: name))
        try blob.publish()
        blob.settle()
        #expect(try test.stages.isEmpty)
        #expect(try FileSystem.contents(of: path) == [4, 5])
    }

    @Test func `nobody takes the note of who is still at work for abandoned`() throws {
        let blob = try published()
        #expect(try blobs.abandonedNotes(olderThan: .zero).isEmpty)
        blob.settle()
    }

    @Test func `the note of a published blob outlives who gave up, until it is removed`() throws {
        _ = try published()
        #expect(try blobs.abandonedNotes(olderThan: nil).isEmpty, "it is too young")
        #expect(try blobs.abandonedNotes(olderThan: .zero) == [name])
        #expect(try blobs.sweepAbandonedStages(olderThan: .zero) == 0)
        #expect(try blobs.hasNote(of: name))
        try blobs.removeNotes(of: [name, .generate()])
        #expect(try !blobs.hasNote(of: name))
        #expect(try test.published == [name.description])
    }

    @Test func `what was never published leaves no note`() throws {
        _ = try blobs.stageWithNote(as: name)
        #expect(try !blobs.hasNote(of: name))
        let blob = try blobs.stageWithNote(as: name)
        blob.discard()
        #expect(try !blobs.hasNote(of: name))
    }

    /// The flush of the bytes, that of their name, and the name itself.
    @Test(arguments: [(SystemCall.fsync, 0), (.fsync, 1), (.link, 0)])
    func `a publishing that fails leaves neither note nor blob`(call: SystemCall, position: Int) throws {
        let blob = try blobs.stageWithNote(as: name)
        try blob.write([1].span)
        _ = try blob.finish()
        let failed = failing(at: position, with: ErrorNumber.inputOutput, of: [call]) {
            #expect(kind { try blob.publish() } == .unavailable)
        }
        #expect(failed == call)
        #expect(try !blobs.hasNote(of: name))
        #expect(try test.published.isEmpty)
    }

    @Test func `a blob that can neither be made durable nor removed keeps its note`() throws {
        let blob = try blobs.stageWithNote(as: name)
        try blob.write([1].span)
        _ = try blob.finish()
        // As the blob may still be there, this is no full disk, where nothing would be.
        let faults: [SystemCall: Int32] = [.fsync: ErrorNumber.noSpace, .unlink: ErrorNumber.inputOutput]
        Faults.$inject.withValue({ faults[$0] }) { #expect(kind { try blob.publish() } == .unavailable) }
        #expect(try blobs.hasNote(of: name))
        #expect(try test.published == [name.description])
    }
}

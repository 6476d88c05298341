import POSIX
import Testing

@testable import BlobStore

/// What a store remembers of blobs on their way in.
struct PendingMarkerTests {
    let test: TestStore
    let blobs: any MarkingBlobStore
    let name: BlobName

    init() throws {
        test = try TestStore()
        blobs = try #require(test.blobs as? any MarkingBlobStore)
        name = BlobName.generate()
        // So that no other directory is made durable than the blob's own.
        try FileSystem.createDirectory("\(test.root)/\(name.prefix)")
    }

    private func published() throws -> any PendingBlob {
        let blob = try blobs.stagePending(as: name)
        try blob.write([1, 2, 3].span)
        try blob.publish()
        return blob
    }

    @Test func `a marker exists from the first byte until the blob is confirmed`() throws {
        #expect(try !blobs.hasMarker(of: name))
        let blob = try blobs.stagePending(as: name)
        #expect(try blobs.hasMarker(of: name))
        try blob.write([1, 2, 3].span)
        try blob.publish()
        #expect(try blobs.hasMarker(of: name))
        blob.confirm()
        #expect(try !blobs.hasMarker(of: name))
        #expect(try test.published == [name.description])
        #expect(try test.stages.isEmpty)
    }

    @Test func `a body file gets a marker, too, and stays where it is`() throws {
        let path = try test.bodyFile([4, 5])
        let blob = try blobs.stagePending(handOff: path, as: name)
        #expect(try blobs.hasMarker(of: name))
        try blob.publish()
        blob.confirm()
        #expect(try test.stages.isEmpty)
        #expect(try FileSystem.contents(of: path) == [4, 5])
    }

    @Test func `the marker of an active upload is not abandoned`() throws {
        let blob = try published()
        #expect(try blobs.abandonedMarkers(olderThan: .zero).isEmpty)
        blob.confirm()
    }

    @Test func `the marker of a blob that is published and not confirmed stays until it is removed`() throws {
        _ = try published()
        #expect(try blobs.abandonedMarkers(olderThan: nil).isEmpty, "it is too young")
        #expect(try blobs.abandonedMarkers(olderThan: .zero) == [name])
        #expect(try blobs.sweepAbandonedStages(olderThan: .zero) == 0)
        #expect(try blobs.hasMarker(of: name))
        try blobs.removeMarkers(of: [name, .generate()])
        #expect(try !blobs.hasMarker(of: name))
        #expect(try test.published == [name.description])
    }

    @Test func `a blob that is never published leaves no marker`() throws {
        _ = try blobs.stagePending(as: name)
        #expect(try !blobs.hasMarker(of: name))
        let blob = try blobs.stagePending(as: name)
        blob.discard()
        #expect(try !blobs.hasMarker(of: name))
    }

    /// The flush of the bytes, that of their name, and the name itself.
    @Test(arguments: [(SystemCall.fsync, 0), (.fsync, 1), (.link, 0)])
    func `a failed publication leaves neither marker nor blob`(call: SystemCall, position: Int) throws {
        let blob = try blobs.stagePending(as: name)
        try blob.write([1].span)
        _ = try blob.finish()
        let failed = failing(at: position, with: ErrorNumber.inputOutput, of: [call]) {
            #expect(kind { try blob.publish() } == .unavailable)
        }
        #expect(failed == call)
        #expect(try !blobs.hasMarker(of: name))
        #expect(try test.published.isEmpty)
    }

    @Test func `a blob that can neither be made durable nor removed keeps its marker`() throws {
        let blob = try blobs.stagePending(as: name)
        try blob.write([1].span)
        _ = try blob.finish()
        // As the blob may still be there, this is no full disk, where nothing would be.
        let faults: [SystemCall: Int32] = [.fsync: ErrorNumber.noSpace, .unlink: ErrorNumber.inputOutput]
        Faults.$inject.withValue({ faults[$0] }) { #expect(kind { try blob.publish() } == .unavailable) }
        #expect(try blobs.hasMarker(of: name))
        #expect(try test.published == [name.description])
    }
}

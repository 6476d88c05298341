import POSIX
import Testing

@testable import BlobStore

/// Copies in a directory, which are hard links where the file system allows it.
struct LocalCopiesTests {
    let test: TestStore
    let source: BlobName

    init() throws {
        test = try TestStore()
        source = try test.store(pattern(1000)).0
    }

    private func copies(_ count: Int) -> [BlobCopy] {
        (0..<count).map { _ in BlobCopy(from: source, to: .generate(), size: 1000) }
    }

    private func status(_ name: BlobName) throws -> FileStatus {
        try FileSystem.status(#require(test.blobs.absolutePath(of: name)), followingLinks: false)
    }

    @Test func `copies share the file, with its owner and mode`() throws {
        let copies = copies(20)
        try test.blobs.copy(copies)
        #expect(Set(try copies.map { try status($0.target).inode }) == [try status(source).inode])
        #expect(try test.published.count == 21)
        #expect(try test.stages.isEmpty)
    }

    @Test(arguments: [
        ErrorNumber.tooManyLinks, ErrorNumber.notPermitted, ErrorNumber.crossDevice, ErrorNumber.notSupported,
    ])
    func `bytes are copied where a link is impossible`(number: Int32) throws {
        let copies = copies(3)
        // The links of blobs' names succeed; before each, that of the source fails.
        var failed = 0
        for copy in copies {
            let call = try failing(at: 0, with: number, of: [.link]) { try test.blobs.copy([copy]) }
            failed += call == .link ? 1 : 0
        }
        #expect(failed == 3)
        for copy in copies {
            #expect(try test.bytes(of: copy.target) == pattern(1000))
            #expect(try status(copy.target).inode != status(source).inode)
            #expect(try status(copy.target).mode == status(source).mode)
        }
        #expect(try test.stages.isEmpty)
    }

    @Test func `each directory is flushed once, after all links`() throws {
        let copies = copies(600)
        let directories = Set(copies.map(\.target.prefix))
        for directory in directories where !FileSystem.exists("\(test.root)/\(directory)") {
            try FileSystem.createDirectory("\(test.root)/\(directory)")
        }
        // The last flush fails when everything is linked, and there is none after it.
        var error: BlobStoreError.Kind?
        let last = failing(at: directories.count - 1, with: ErrorNumber.inputOutput, of: [.fsync]) {
            error = kind { try test.blobs.copy(copies) }
        }
        #expect(last == .fsync && error == .unavailable)
        #expect(try copies.allSatisfy { try status($0.target).inode == status(source).inode })
        try test.blobs.remove(copies.map(\.target))
        #expect(
            try failing(at: directories.count, with: ErrorNumber.inputOutput, of: [.fsync]) {
                try test.blobs.copy(copies)
            } == nil)
        // The first flush comes after the last link.
        try test.blobs.remove(copies.map(\.target))
        _ = failing(at: 0, with: ErrorNumber.inputOutput, of: [.fsync]) {
            #expect(kind { try test.blobs.copy(copies) } == .unavailable)
        }
        #expect(try test.published.count == 1 + copies.count)
    }

    @Test func `a name that is taken is not overwritten`() throws {
        let (taken, _) = try test.store([7])
        #expect(kind { try test.blobs.copy([BlobCopy(from: source, to: taken, size: 1000)]) } == .exists)
        #expect(try test.bytes(of: taken) == [7])
    }

    @Test func `a full disk and a lost root are errors`() throws {
        let copies = copies(1)
        _ = failing(at: 0, with: ErrorNumber.noSpace, of: [.link]) {
            #expect(kind { try test.blobs.copy(copies) } == .full)
        }
        try FileSystem.rename(test.root, to: test.root + ".away")
        #expect(kind { try test.blobs.copy(copies) } == .unavailable)
        try FileSystem.rename(test.root + ".away", to: test.root)
    }

    @Test func `many blobs are removed with one flush for each directory`() throws {
        let copies = copies(600)
        try test.blobs.copy(copies)
        let directories = Set(copies.map(\.target.prefix)).count
        #expect(
            try failing(at: directories, with: ErrorNumber.inputOutput, of: [.fsync]) {
                try test.blobs.remove(copies.map(\.target))
            } == nil)
        #expect(try test.published == [source.description])
        var error: BlobStoreError.Kind?
        _ = failing(at: 0, with: ErrorNumber.inputOutput, of: [.fsync]) {
            error = kind { try test.blobs.remove(source) }
        }
        #expect(error == .unavailable)
    }
}

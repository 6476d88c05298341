import BlobStore
import POSIX
import Testing

struct LocalListingTests {
    let test: TestStore

    init() throws { test = try TestStore() }

    private func all(limit: Int) throws -> [BlobStatus] {
        var found: [BlobStatus] = []
        while true {
            let page = try test.blobs.list(after: found.last?.name, limit: limit)
            if page.isEmpty { return found }
            #expect(page.count <= limit)
            found += page
        }
    }

    @Test(arguments: [1, 3, 1000])
    func `pages list all blobs in the order of their names`(limit: Int) throws {
        var stored: [BlobName: Int64] = [:]
        for count in 0..<300 { stored[try test.store(pattern(count % 7)).0] = Int64(count % 7) }
        let found = try all(limit: limit)
        #expect(found.map(\.name) == stored.keys.sorted())
        #expect(found.allSatisfy { stored[$0.name] == $0.size })
    }

    @Test
    func `other files are not listed`() throws {
        let (name, _) = try test.store([1])
        let directory = "\(test.root)/\(name.description.prefix(2))"
        _ = try FileSystem.create(directory + "/README")
        let staged = try test.blobs.stage(as: .generate(), length: nil)
        defer { staged.discard() }
        #expect(try all(limit: 10).map(\.name) == [name])
    }

    @Test
    func `a blob has a status, and an absent blob is an error`() throws {
        let (name, content) = try test.store(pattern(1000))
        #expect(try test.blobs.status(of: name).size == content.size)
        #expect(kind { _ = try test.blobs.status(of: .generate()) } == .absent)
    }

    @Test
    func `a blob that is removed meanwhile is skipped, and one that cannot be examined is an error`() throws {
        try test.store([1])
        var page: [BlobStatus]?
        let list = { page = try test.blobs.list(after: nil, limit: 10) }
        // The first status is that of stage/.
        #expect(try failing(at: 1, with: ErrorNumber.noSuchFile, of: [.stat], list) == .stat)
        #expect(page == [])
        #expect(kind { _ = try failing(at: 1, with: ErrorNumber.inputOutput, of: [.stat], list) } == .unavailable)
    }

    @Test
    func `an unavailable store is not listed as an empty store`() throws {
        try FileSystem.removeDirectory(test.root + "/stage")
        #expect(kind { _ = try test.blobs.list(after: nil, limit: 10) } == .unavailable)
        #expect(kind { _ = try test.blobs.status(of: .generate()) } == .unavailable)
    }
}

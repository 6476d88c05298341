import BlobStore
import CofferCore
import POSIX
import Testing

@testable import Storage

struct StoreCacheTests {
    private let place: TemporaryStore
    private let stores: StoreCache

    init() throws {
        place = try TemporaryStore()
        stores = try StoreCache(place.configuration(), for: .worker)
    }

    @Test func `a store is opened once, and the configured one without a URL`() throws {
        let other = try TemporaryStore()
        #expect(try stores.store() === stores.store(place.url))
        #expect(try stores.store(other.url) === stores.store(other.url))
        #expect(try stores.store(other.url) !== stores.store())
    }

    @Test func `a store that was unavailable is opened as soon as it is back`() throws {
        try FileSystem.rename(place.path, to: place.path + ".away")
        #expect(kind { _ = try stores.store() } == .unavailable)
        try FileSystem.rename(place.path + ".away", to: place.path)
        try stores.store().probe()
    }

    @Test func `a store is opened anew for a question that must not wait`() throws {
        #expect(try stores.storeWithoutRetries(nil) !== stores.store())
        #expect(try stores.storeWithoutRetries(place.url).absolutePath(of: .generate())?.hasPrefix(place.path) == true)
    }

    @Test func `a worker makes no directory, and the operator's command does`() throws {
        let url = place.url + "/new"
        #expect(kind { _ = try stores.store(url) } == .unavailable)
        let operators = try StoreCache(place.configuration(), for: .operator)
        #expect(kind { _ = try operators.store(url) } == .unavailable)
        let made = try operators.makeStore(url)
        try made.probe()
        #expect(try operators.store(url) === made)
    }

    @Test func `a store gets no markers after uploads have gone to another one`() throws {
        #expect(stores.markingStore === (try stores.store()))
        stores.receivesUploads = false
        #expect(stores.markingStore == nil)
    }

    @Test func `a place without the database's mark is not its store`() throws {
        let record = StoreRecord(id: 1, url: place.url, isCurrent: true, mark: "one")
        #expect(kind { _ = try stores.store(record) } == .misconfigured)
        try stores.store().setMark("another")
        #expect(kind { _ = try stores.store(record) } == .misconfigured)
        try stores.store().setMark("one")
        #expect(try stores.store(record) === stores.store())
    }

    @Test func `a store whose mark the database does not know is accepted`() throws {
        try stores.store().setMark("any")
        #expect(try stores.store(StoreRecord(id: 1, url: place.url, isCurrent: true)) === stores.store())
    }

    private func kind(_ body: () throws -> Void) -> BlobStoreError.Kind? {
        do { try body() } catch { return (error as? BlobStoreError)?.kind }
        return nil
    }
}

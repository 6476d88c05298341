import BlobStore
import CofferCore
import POSIX
import Testing

@testable import Storage

struct StoreCacheTests {
    @Test func `a store is opened once, and the configured one without a URL`() throws {
        let place = try TemporaryStore()
        let stores = try StoreCache(place.configuration(), for: .worker)
        let store = try stores.store()
        #expect(try store === stores.store(place.url))
    }

    @Test func `a store that was unavailable is opened as soon as it is back`() throws {
        let place = try TemporaryStore()
        let stores = try StoreCache(place.configuration(), for: .worker)
        try FileSystem.rename(place.path, to: place.path + ".away")
        #expect(throws: BlobStoreError.self) { try stores.store() }
        try FileSystem.rename(place.path + ".away", to: place.path)
        try stores.store().probe()
    }

    @Test func `a worker makes no directory, the operator's command does`() throws {
        let place = try TemporaryStore()
        let url = place.url + "/new"
        #expect(throws: BlobStoreError.self) { try StoreCache(place.configuration(), for: .worker).store(url) }
        try StoreCache(place.configuration(), for: .operator).makeStore(url).probe()
    }

    @Test func `a place with another mark is not the database's store`() throws {
        let place = try TemporaryStore()
        let stores = try StoreCache(place.configuration(), for: .operator)
        let record = StoreRecord(id: 1, url: place.url, isCurrent: true, mark: "one")
        try stores.store().setMark("another")
        #expect(throws: BlobStoreError.self) { try stores.store(record) }
        try stores.store().setMark("one")
        _ = try stores.store(record)
    }
}

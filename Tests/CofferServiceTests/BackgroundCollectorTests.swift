import POSIX
import Testing

@testable import CofferService

@Suite(.serialized)
struct BackgroundCollectorTests {
    let user: TestUser
    var installation: TestInstallation { user.installation }

    /// A file that was stored twice, so that one of the two blobs in the store is garbage and due.
    init() throws {
        user = try TestUser(TestInstallation(options: ["COFFER_VERSION_DAYS": "0"]))
        try user.store("a", "old")
        try user.store("a", "new")
        try makeDue()
    }

    private func makeDue() throws {
        let blobs = "{\(try installation.blobs.joined(separator: ","))}"
        try installation.value(
            """
            update internal.garbage set listed_at = now() - interval '30 days'
            where blob = any ($1::text[])
            """, [blobs])
        try installation.value("update internal.collection_schedule set due_at = now()")
    }

    @Test func `a worker removes a batch of garbage after a request`() throws {
        installation.service.afterRequest()
        #expect(try installation.blobs.count == 1)
        #expect(try user.retrieve("a").text == "new")
        #expect(try installation.orphans.isEmpty)
    }

    @Test func `a worker asks for a batch once a minute`() throws {
        installation.service.afterRequest()
        try user.store("a", "newer")
        try makeDue()
        installation.service.afterRequest()
        #expect(try installation.blobs.count == 2)
    }

    @Test func `a batch that is not due is left alone`() throws {
        try installation.value("update internal.collection_schedule set due_at = now() + interval '1 hour'")
        installation.service.afterRequest()
        #expect(try installation.blobs.count == 2)
        #expect(try installation.orphans.isEmpty)
    }

    @Test func `garbage that cannot be removed stays on the list`() throws {
        let listed = try installation.column("select blob from internal.garbage")
        Faults.$inject.withValue({ $0 == .unlink ? ErrorNumber.inputOutput : nil }) {
            installation.service.afterRequest()
        }
        #expect(try installation.blobs.count == 2)
        let garbage = try installation.blobs.filter { listed.contains($0) }
        let still = try installation.column("select blob from internal.garbage")
        #expect(garbage.count == 1 && still.contains(garbage[0]))
    }
}

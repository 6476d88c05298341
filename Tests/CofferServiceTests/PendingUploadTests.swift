import BlobStore
import CofferCore
import Storage
import POSIX
import Testing

@testable import CofferService

/// What an upload leaves if it stops between two of its steps. StoreFileTests tests the responses.
struct PendingUploadTests {
    private let installation: TestInstallation
    private let user: TestUser
    private let stores: StoreCache
    private let database: UploadUser

    init() throws {
        installation = try TestInstallation()
        user = try TestUser(installation)
        let configuration = try Configuration(environment: { [options = installation.options] in options[$0] })
        stores = StoreCache(configuration, for: .worker)
        let logger = Logger(level: .error)
        let database = Database(configuration, logger: logger)
        let request = try Request(user.upload("a", ""), id: "test", basePath: "")
        let caller = try Authenticator(keys: KeyRing(database, logger: logger)).caller(request)
        self.database = UploadUser(caller: caller, request: request, database: database)
    }

    private func pending(_ source: UploadSource) throws -> PendingUpload<UploadUser> {
        let path = try FilePath("a")
        return PendingUpload(
            NewFile(path, contentType: ContentType(named: nil, path: path), size: 3), from: source, into: stores,
            database)
    }

    private var stream: UploadSource { .stream { (size, buffer) in buffer = size == 0 ? [1, 2, 3] : [] } }

    @Test func `an upload that is received and not committed leaves nothing`() throws {
        for source in [UploadSource.bytes([1, 2, 3]), stream] {
            do {
                var upload = try pending(source)
                let content = try upload.receive()
                #expect(content.size == 3)
                #expect(try installation.stages.count == 1)
            }
            #expect(try installation.stages.isEmpty)
            #expect(try installation.blobs.isEmpty)
            #expect(try user.begunUploads == 0)
        }
    }

    @Test func `a stream is listed before its first byte, and a body that can be read again is not`() throws {
        do {
            var upload = try pending(stream)
            _ = try upload.receive()
            #expect(try user.begunUploads == 1)
        }
        var upload = try pending(.bytes([1, 2, 3]))
        _ = try upload.receive()
        #expect(try user.begunUploads == 0)
        _ = try upload.commit()
        #expect(try installation.blobs.count == 1)
        #expect(try installation.stages.isEmpty)
    }

    @Test func `a source that fails in the middle leaves nothing`() throws {
        do {
            var upload = try pending(.stream { (_, _) in throw Failure(.tooLarge) })
            _ = try upload.receive()
            Issue.record("the source's refusal was lost")
        } catch {
            #expect((error as? Failure)?.kind == .tooLarge)
        }
        #expect(try installation.stages.isEmpty)
        #expect(try user.begunUploads == 0)
    }

    @Test func `the name of an upload stays listed while its store is unavailable`() throws {
        do {
            try installation.moveStore(away: true)
            var upload = try pending(.bytes([1, 2, 3]))
            do { _ = try upload.receive() } catch {}
            try installation.moveStore(away: false)
        }
        #expect(try user.begunUploads == 1)
    }
}

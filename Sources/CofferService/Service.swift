// A request's way: Request → Authenticate → the route's own step → Respond. Nothing here outlives a request but what
// may be thrown away at any moment: the connection, a short-lived copy of the keys, the opened store.

internal import BlobStore
public import CofferCore
public import Gateway
internal import System

public final class Service {
    private let configuration: Configuration
    private let journal: Journal
    private let session: Session
    private let storeFile: StoreFile
    private let retrieveFile: RetrieveFile
    private let files: Files
    private let health: Health

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        journal = Journal(level: configuration.logLevel)
        let database = Database(configuration, journal: journal)
        let authenticate = Authenticate(keys: KeyRing(database))
        let storage = Storage(url: configuration.storageURL)
        session = Session(database: database, authenticate: authenticate)
        storeFile = StoreFile(
            configuration: configuration, database: database, authenticate: authenticate, storage: storage,
            journal: journal)
        retrieveFile = RetrieveFile(
            database: database, authenticate: authenticate, storage: storage, journal: journal)
        files = Files(configuration: configuration, database: database, authenticate: authenticate)
        health = Health(database: database, storage: storage, journal: journal)
    }

    /// Answers one request. Whatever happens, there is an answer, and the next request can be served.
    public func handle(_ exchange: any Exchange) {
        let begin = Clock.monotonicNanoseconds()
        let id = Request.identifier(exchange)
        journal.requestID = id
        defer { journal.requestID = nil }
        let response: Response
        do {
            response = try answer(Request(exchange, id: id, basePath: configuration.basePath))
        } catch {
            journal.record(.refused(code: error.kind.rawValue, status: error.kind.status))
            response = Response(error)
        }
        let isHead = (try? exchange.parameter("REQUEST_METHOD")) == "HEAD"
        do {
            try Respond(exchange: exchange, requestID: id, isHead: isHead).send(response)
            let microseconds = (Clock.monotonicNanoseconds() - begin) / 1000
            journal.record(.served(status: response.status, microseconds: microseconds))
        } catch is GatewayError {
            journal.record(.clientGone)
        } catch {
            journal.record(.storageFailed("\(error)"))
        }
    }

    private func answer(_ request: Request) throws(Failure) -> Response {
        if request.method == .options { return Response(200, [HeaderField("Allow", request.route.allow)]) }
        return switch request.route {
        case .login: try session.login(request)
        case .logout: try session.logout(request)
        case .whoami: try session.whoami(request)
        case .storeFile: try storeFile.store(request)
        case .retrieveFile: try retrieveFile.retrieve(request)
        case .files: try request.method == .delete ? files.delete(request) : files.list(request)
        case .live: health.live()
        case .ready: try health.ready()
        case .changePassword, .listFolder, .moveFolder, .users, .createUser, .resetPassword, .deleteUser, .auditLog,
            .root, .openAPI:
            throw Failure(.unknownFunction)
        }
    }
}

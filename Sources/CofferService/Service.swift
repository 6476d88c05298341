// A request's way: Request → Authenticate → the route's own step → Respond. Nothing here outlives a request but what
// may be thrown away at any moment: the connection, a short-lived copy of the keys, the opened store.

internal import BlobStore
public import CofferCore
public import Gateway
internal import System

public final class Service {
    private let configuration: Configuration
    private let journal: Journal
    private let authenticate: Authenticate
    private let session: Session
    private let storeFile: StoreFile
    private let retrieveFile: RetrieveFile
    private let listFolder: ListFolder
    private let tables: Tables
    private let functions: Functions
    private let health: Health
    private let crossOrigin: CrossOrigin
    private let database: Database
    private let upkeep: Upkeep

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        journal = Journal(level: configuration.logLevel)
        database = Database(configuration, journal: journal)
        authenticate = Authenticate(keys: KeyRing(database, journal: journal))
        let storage = Storage(configuration, journal: journal)
        session = Session(database: database, authenticate: authenticate)
        storeFile = StoreFile(
            configuration: configuration, database: database, authenticate: authenticate, storage: storage,
            journal: journal)
        retrieveFile = RetrieveFile(
            configuration: configuration, database: database, authenticate: authenticate, storage: storage,
            journal: journal)
        listFolder = ListFolder(configuration: configuration, database: database, authenticate: authenticate)
        tables = Tables(configuration: configuration, database: database, authenticate: authenticate)
        functions = Functions(configuration: configuration, database: database, authenticate: authenticate)
        health = Health(database: database, storage: storage, journal: journal)
        crossOrigin = CrossOrigin(origins: configuration.crossOrigins)
        upkeep = Upkeep(configuration: configuration, database: database, storage: storage, journal: journal)
    }

    /// Connects, fetches the keys and lets the database read its catalog before the first request waits for it. What
    /// fails here fails again, and is told, when a request needs it.
    public func warmUp() {
        authenticate.warmUp()
        database.warmUp()
        health.lookAtStore()
    }

    /// Answers one request. Whatever happens, there is an answer, and the next request can be served.
    public func handle(_ exchange: any Exchange) {
        let begin = Clock.monotonicNanoseconds()
        let id = Request.identifier(exchange)
        journal.requestID = id
        defer { journal.requestID = nil }
        var response: Response
        do {
            let request = try Request(exchange, id: id, basePath: configuration.basePath)
            response = try answer(request, endedSessionFirst: !request.route.isPublic)
        } catch {
            journal.record(.refused(code: error.kind.rawValue, status: error.kind.status))
            response = Response(error)
        }
        response.fields += crossOrigin.fields(exchange)
        let isHead = (try? exchange.parameter("REQUEST_METHOD")) == "HEAD"
        Faults.point("before the response")
        do {
            try Respond(exchange: exchange, requestID: id, isHead: isHead).send(response)
            Faults.point("after the response")
            let microseconds = (Clock.monotonicNanoseconds() - begin) / 1000
            journal.record(.served(status: response.status, microseconds: microseconds))
        } catch is GatewayError {
            journal.record(.clientGone)
        } catch {
            journal.record(.storageFailed("\(error)"))
        }
    }

    /// Does what is due and what nobody waits for. To be called when a request's connection is closed.
    public func afterRequest() { upkeep.run() }

    /// - Parameter endedSessionFirst: whether a session that has ended is reported before whatever else is wrong. Most
    ///   requests find out on the way; one that is refused before it has come to the database asks for this alone.
    private func answer(_ request: Request, endedSessionFirst: Bool) throws(Failure) -> Response {
        do {
            return try answer(request)
        } catch {
            guard endedSessionFirst, (400..<500).contains(error.kind.status),
                let caller = try? authenticate.caller(request)
            else { throw error }
            do throws(Failure) {
                try database.confirm(caller.identity, for: request)
            } catch let ended where ended.kind == .sessionEnded {
                throw ended
            } catch {}
            throw error
        }
    }

    private func answer(_ request: Request) throws(Failure) -> Response {
        if request.method == .options {
            let allow = HeaderField("Allow", request.route.allow)
            return Response(200, [allow] + (try crossOrigin.preflightFields(request)))
        }
        return switch request.route {
        case .login: try session.login(request)
        case .logout: try session.logout(request)
        case .changePassword: try session.changePassword(request)
        case .whoami: try functions.whoami(request)
        case .storeFile: try storeFile.store(request)
        case .retrieveFile: try retrieveFile.retrieve(request)
        case .listFolder: try listFolder.list(request)
        case .moveFolder: try functions.moveFolder(request)
        case .files: try tables.answer(request, Relation.files)
        case .users: try tables.answer(request, Relation.users)
        case .auditLog: try tables.answer(request, Relation.auditLog)
        case .createUser: try functions.createUser(request)
        case .resetPassword: try functions.resetPassword(request)
        case .deleteUser: try functions.deleteUser(request)
        case .root, .openAPI: try description(request)
        case .live: health.live()
        case .ready: try health.ready(request)
        }
    }

    /// `GET /openapi.json`, and `GET /` for those who ask for it by its media type.
    private func description(_ request: Request) throws(Failure) -> Response {
        let type = try request.negotiate([MediaType.openAPI, MediaType.json])
        return .json(OpenAPI.document(basePath: request.basePath, version: version), type: type)
    }
}

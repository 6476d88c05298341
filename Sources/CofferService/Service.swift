// A request's way: Request → Authenticator → the route's endpoint → ResponseWriter. Nothing here outlives a request but what
// may be thrown away at any moment: the connection, a short-lived copy of the keys, the opened store.

internal import BlobStore
public import CofferCore
internal import CofferOpenAPI
public import Gateway
internal import Storage
internal import POSIX

public final class Service {
    private let configuration: Configuration
    private let logger: Logger
    private let authenticator: Authenticator
    private let session: LoginEndpoint
    private let storeFile: StoreFile
    private let retrieveFile: RetrieveFile
    private let listFolder: ListFolder
    private let tables: TableEndpoint
    private let functions: FunctionEndpoint
    private let health: Health
    private let crossOrigin: CrossOrigin
    private let database: Database
    private let collector: BackgroundCollector

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        logger = Logger(level: configuration.logLevel)
        database = Database(configuration, logger: logger)
        authenticator = Authenticator(keys: KeyRing(database, logger: logger))
        let storage = StoreCache(configuration, for: .worker)
        session = LoginEndpoint(database: database)
        storeFile = StoreFile(
            configuration: configuration, database: database, storage: storage, logger: logger)
        retrieveFile = RetrieveFile(
            configuration: configuration, database: database, storage: storage, logger: logger)
        listFolder = ListFolder(configuration: configuration, database: database)
        tables = TableEndpoint(configuration: configuration, database: database)
        functions = FunctionEndpoint(configuration: configuration, database: database)
        health = Health(database: database, storage: storage, logger: logger)
        crossOrigin = CrossOrigin(origins: configuration.crossOrigins)
        collector = BackgroundCollector(
            configuration: configuration, database: database, storage: storage, logger: logger)
    }

    /// Connects, fetches the keys and lets the database read its catalog before the first request waits for it. What
    /// fails here fails again, and is told, when a request needs it.
    public func warmUp() {
        authenticator.warmUp()
        database.warmUp()
        health.lookAtStore()
    }

    /// Answers one request. Whatever happens, there is an answer, and the next request can be served.
    public func handle(_ exchange: any Exchange) {
        let begin = Clock.monotonicNanoseconds()
        let id = Request.identifier(exchange)
        logger.requestID = id
        defer { logger.requestID = nil }
        var response: Response
        do {
            let request = try Request(exchange, id: id, basePath: configuration.basePath)
            response = try answer(request)
        } catch {
            logger.record(.refused(code: error.kind.rawValue, status: error.kind.status))
            response = Response(error)
        }
        response.fields += crossOrigin.fields(exchange)
        let isHead = (try? exchange.text(.requestMethod)) == Method.head.rawValue
        Faults.point("before the response")
        do {
            try ResponseWriter(exchange: exchange, requestID: id, isHead: isHead).send(response)
            Faults.point("after the response")
            let microseconds = (Clock.monotonicNanoseconds() - begin) / 1000
            logger.record(.served(status: response.status, microseconds: microseconds))
        } catch is GatewayError {
            logger.record(.clientGone)
        } catch {
            logger.record(error)
        }
    }

    /// Does what is due and what nobody waits for. To be called when a request's connection is closed.
    public func afterRequest() { collector.run() }

    /// Authenticates as the route declares, and hands the caller to the endpoint.
    private func answer(_ request: Request) throws(Failure) -> Response {
        switch (request.route.access(request.method), endpoint(of: request)) {
        case (.public, .public(let answer)): return try answer(request)
        case (.session, .session(let answer)), (.admin, .session(let answer)):
            let caller = try authenticator.caller(request)
            do throws(Failure) {
                return try answer(request, caller)
            } catch {
                try refuseEndedSession(of: caller, after: error, request)
                throw error
            }
        // An endpoint that does not fit its route's declaration cannot be reached.
        case (.public, .session), (.session, .public), (.admin, .public): throw Failure(.internalError)
        }
    }

    /// An ended session is reported before whatever else is wrong. Most requests find out on the way; one that is
    /// refused before it has come to the database asks for this alone.
    private func refuseEndedSession(of caller: Caller, after refusal: Failure, _ request: Request) throws(Failure) {
        guard (400..<500).contains(refusal.kind.status) else { return }
        do throws(Failure) {
            try database.confirm(caller.identity, for: request)
        } catch  where error.kind == .sessionEnded {
            throw error
        } catch {}
    }

    /// The endpoint of each route, and of OPTIONS for all of them.
    func endpoint(of request: Request) -> Endpoint {
        if request.method == .options { return .public(crossOrigin.preflight) }
        return switch request.route {
        case .login: .public(session.login)
        case .logout: .session(session.logout)
        case .changePassword: .session(session.changePassword)
        case .whoami: .session(functions.whoami)
        case .storeFile: .session(storeFile.store)
        case .retrieveFile: .session(retrieveFile.retrieve)
        case .listFolder: .session(listFolder.list)
        case .moveFolder: .session(functions.moveFolder)
        case .files: .session(tables.files)
        case .users: .session(tables.users)
        case .auditLog: .session(tables.auditLog)
        case .createUser: .session(functions.createUser)
        case .resetPassword: .session(functions.resetPassword)
        case .deleteUser: .session(functions.deleteUser)
        case .root, .openAPI: .public(description)
        case .live: .public(health.live)
        case .ready: .public(health.ready)
        }
    }

    /// `GET /openapi.json`, and `GET /` for those who ask for it by its media type.
    private func description(_ request: Request) throws(Failure) -> Response {
        let type = try request.negotiate([MediaType.openAPI, MediaType.json])
        return .json(OpenAPI.document(basePath: request.basePath, version: version), type: type)
    }
}

/// What answers a route. Its type says whether it can run without a caller.
enum Endpoint {
    /// Knows of no caller.
    case `public`((Request) throws(Failure) -> Response)
    /// Is handed the bearer of a genuine token.
    case session((Request, Caller) throws(Failure) -> Response)
}

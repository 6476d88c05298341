// The way of a request: Request → Authenticator → the route's endpoint → ResponseWriter. Only the connection, the copy
// of the keys and the opened stores outlive a request, and each can be dropped at any time.

internal import BlobStore
public import CofferCore
internal import CofferOpenAPI
public import Gateway
public import Monitoring
internal import Storage
internal import POSIX

public final class Service {
    private let configuration: Configuration
    private let logger: Logger
    private let authenticator: Authenticator
    private let login: LoginEndpoint
    private let storeFile: StoreFile
    private let retrieveFile: RetrieveFile
    private let resumableUploads: ResumableUploads
    private let listFolder: ListFolder
    private let downloadFolder: DownloadFolder
    private let copies: CopyEndpoint
    private let tables: TableEndpoint
    private let functions: FunctionEndpoint
    private let health: Health
    private let metrics: MetricsEndpoint
    private let metricsAccess: MetricsAccess
    private let crossOrigin: CrossOrigin
    private let database: Database
    private let collector: BackgroundCollector
    private let storage: StoreCache
    private let counters: PoolCounters?
    /// What is known of the current request.
    private var current = (method: Method?.none, route: Route?.none, userID: String?.none)

    /// - Parameter counters: those of the pool. nil if this process is no worker of a pool.
    public init(_ configuration: Configuration, counters: PoolCounters? = nil) {
        self.counters = counters
        self.configuration = configuration
        logger = Logger(level: configuration.logLevel)
        database = Database(configuration, logger: logger)
        authenticator = Authenticator(keys: KeyRing(database, logger: logger))
        storage = StoreCache(configuration, for: .worker)
        login = LoginEndpoint(database: database)
        storeFile = StoreFile(
            configuration: configuration, database: database, storage: storage, logger: logger)
        retrieveFile = RetrieveFile(
            configuration: configuration, database: database, storage: storage, logger: logger)
        resumableUploads = ResumableUploads(
            configuration: configuration, database: database, storage: storage, logger: logger,
            slots: PoolSlots("uploads", configuration))
        listFolder = ListFolder(configuration: configuration, database: database)
        downloadFolder = DownloadFolder(
            configuration: configuration, database: database, storage: storage, logger: logger)
        copies = CopyEndpoint(database: database, storage: storage, logger: logger)
        tables = TableEndpoint(configuration: configuration, database: database)
        functions = FunctionEndpoint(configuration: configuration, database: database)
        health = Health(database: database, storage: storage, logger: logger)
        metrics = MetricsEndpoint(database: database, storage: storage, counters: counters, logger: logger)
        metricsAccess = MetricsAccess(configuration)
        crossOrigin = CrossOrigin(origins: configuration.crossOrigins)
        collector = BackgroundCollector(
            configuration: configuration, database: database, storage: storage, logger: logger)
    }

    /// Connects, fetches the keys and lets the database read its catalog, so that the first request need not wait for
    /// that. Failures are only recorded, as the request that needs these things gets them again.
    public func warmUp() {
        authenticator.warmUp()
        database.warmUp()
        health.checkStore()
    }

    /// Answers a request. Every error becomes a response, and the service can handle the next request.
    public func handle(_ exchange: any Exchange) {
        let begin = Clock.monotonicNanoseconds()
        let id = Request.identifier(exchange)
        logger.requestID = id
        defer { logger.requestID = nil }
        current = (nil, nil, nil)
        database.stopwatch.reset()
        storage.stopwatch.reset()
        var response: Response
        do {
            let request = try Request(
                exchange, id: id, basePath: configuration.basePath, metrics: metricsAccess)
            (current.method, current.route) = (request.method, request.route)
            response = try request.route.adding { (route) throws(Failure) in try answer(request) }
            response.fields += request.route.fields
        } catch {
            logger.record(.refused(code: error.kind.rawValue, status: error.kind.status))
            response = Response(error)
        }
        response.fields += crossOrigin.fields(exchange)
        let isHead = (try? exchange.text(.requestMethod)) == Method.head.rawValue
        Faults.point("before the response")
        var bytes: Int64?
        do {
            let writer = ResponseWriter(
                exchange: exchange, requestID: id, isHead: isHead, stopwatch: storage.stopwatch)
            bytes = try writer.send(response)
            Faults.point("after the response")
        } catch is GatewayError {
            logger.record(.clientGone)
        } catch {
            logger.record(error)
        }
        account(status: response.status, bytes: bytes, nanoseconds: Clock.monotonicNanoseconds() - begin)
    }

    /// Counts the current request, and writes its line of the log.
    private func account(status: Int, bytes: Int64?, nanoseconds: Int64) {
        counters?.count(current.route, status: status, microseconds: nanoseconds / 1000)
        guard logger.writes(.info) else { return }
        let time = Served.Time(
            total: nanoseconds / 1000, database: database.stopwatch.nanoseconds / 1000,
            storage: storage.stopwatch.nanoseconds / 1000)
        logger.record(
            .served(
                Served(
                    method: current.method, route: current.route, userID: current.userID, status: status,
                    bytes: bytes, time: time)))
    }

    /// Does background work. Call it when the connection of a request is closed, so that no client waits.
    public func afterRequest() { collector.run() }

    /// Authenticates as the route declares, and passes the caller to the endpoint.
    private func answer(_ request: Request) throws(Failure) -> Response {
        switch (request.route.access(request.method), endpoint(of: request)) {
        case (.public, .public(let answer)), (.monitoring, .public(let answer)): return try answer(request)
        case (.session, .session(let answer)), (.admin, .session(let answer)):
            let caller = try authenticator.caller(request)
            current.userID = caller.claims.userID
            do throws(Failure) {
                return try answer(request, caller)
            } catch {
                try refuseEndedSession(of: caller, after: error, request)
                throw error
            }
        // An endpoint that does not fit its route's declaration cannot be reached.
        case (.public, .session), (.monitoring, .session), (.session, .public), (.admin, .public):
            throw Failure(.internalError)
        }
    }

    /// An ended session is reported rather than any other error of the client. Most requests find it in the database;
    /// a request that was refused before that is checked here.
    private func refuseEndedSession(of caller: Caller, after refusal: Failure, _ request: Request) throws(Failure) {
        guard (400..<500).contains(refusal.kind.status) else { return }
        do throws(Failure) {
            try database.confirm(caller.identity, for: request)
        } catch  where error.kind == .sessionEnded {
            throw error
        } catch {}
    }

    /// The endpoint of the request's route. OPTIONS has one endpoint for all routes.
    func endpoint(of request: Request) -> Endpoint {
        if request.method == .options { return .public(options) }
        return switch request.route {
        case .login: .public(login.login)
        case .logout: .session(login.logout)
        case .changePassword: .session(login.changePassword)
        case .whoami: .session(functions.whoami)
        case .sessions: .session(tables.sessions)
        case .storeFile: .session(storeFile.store)
        case .retrieveFile: .session(retrieveFile.retrieve)
        case .listFolder: .session(listFolder.list)
        case .createFolder: .session(functions.createFolder)
        case .moveFolder: .session(functions.moveFolder)
        case .deleteFolder: .session(functions.deleteFolder)
        case .copy: .session(copies.copy)
        case .trash: .session(tables.trash)
        case .restore: .session(functions.restore)
        case .restoreFolder: .session(functions.restoreFolder)
        case .downloadFolder: .session(downloadFolder.download)
        case .files: .session(tables.files)
        case .uploads: .session(resumableUploads.create)
        case .upload:
            switch request.method {
            case .head: .session(resumableUploads.head)
            case .delete: .session(resumableUploads.end)
            default: .session(resumableUploads.proceed)
            }
        case .users: .session(tables.users)
        case .auditLog: .session(tables.auditLog)
        case .createUser: .session(functions.createUser)
        case .resetPassword: .session(functions.resetPassword)
        case .deleteUser: .session(functions.deleteUser)
        case .root, .openAPI: .public(description)
        case .live: .public(health.live)
        case .ready: .public(health.ready)
        case .metrics: .public(metrics.metrics)
        }
    }

    /// `OPTIONS` of any route.
    private func options(_ request: Request) throws(Failure) -> Response {
        var response = try crossOrigin.preflight(request)
        if request.route.isResumable {
            response.fields += ResumableProtocol.capabilities(maximum: configuration.maximumUploadBytes)
        }
        return response
    }

    /// `GET /openapi.json`, and `GET /` for clients that accept its media type.
    private func description(_ request: Request) throws(Failure) -> Response {
        let type = try request.negotiate([MediaType.openAPI, MediaType.json])
        return .json(OpenAPI.document(basePath: request.basePath, version: version), type: type)
    }
}

/// The function that answers a route. Its type says whether it needs a caller.
enum Endpoint {
    /// Runs without authentication.
    case `public`((Request) throws(Failure) -> Response)
    /// Gets the bearer of a valid token.
    case session((Request, Caller) throws(Failure) -> Response)
}

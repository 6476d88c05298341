// 3. Logging in and out, and who am I.

internal import CofferCore
internal import Gateway
internal import Postgres
internal import System

struct Session {
    let database: Database
    let authenticate: Authenticate

    private static let login = Statement(
        name: "login", sql: "select token, expires_at from api.login($1, $2)")
    private static let logout = Statement(name: "logout", sql: "select api.logout()")
    private static let whoami = Statement(name: "whoami", sql: "select api.whoami()")

    /// `POST /rpc/login`. Why a login fails is nobody's to know; the database records it and takes its time.
    func login(_ request: Request) throws(Failure) -> Response {
        let wantsCookie = try request.preferences().wantsCookie
        let type = try request.negotiate([MediaType.json, MediaType.singular])
        // A page of another site must not log its visitor in here.
        if wantsCookie {
            if try request.isFromPage { try SameOrigin.require(request) }
            try SessionCookie.requireFit(request)
        }
        let arguments = try request.arguments(["email", "password"])
        let rows = try database.run(
            Query(Self.login, arguments.map { .text($0) }), as: .anonymous, for: request, isRepeatable: false)
        guard rows.count == 1, let token = rows.text(0, 0), let expires = rows.integer(0, 1) else {
            throw Failure(.loginRefused)
        }
        if wantsCookie {
            let seconds = expires - Clock.realtimeSeconds()
            let cookie = try SessionCookie.field(request, token: token, seconds: seconds)
            return Response(204, [cookie, HeaderField("Preference-Applied", "session=cookie"), .noStore])
        }
        let object = "{\"token\":\(JSON.quoted(token))}"
        return .json(type == MediaType.singular ? object : "[\(object)]", type: type, [.noStore])
    }

    /// `POST /rpc/logout`: the session ends everywhere.
    func logout(_ request: Request) throws(Failure) -> Response {
        let caller = try authenticate.caller(request)
        _ = try database.run(Query(Self.logout), as: caller.identity, for: request)
        let cookie = try? SessionCookie.field(request, token: nil, seconds: 0)
        return Response(204, [cookie].compactMap { $0 })
    }

    /// `GET /rpc/whoami`.
    func whoami(_ request: Request) throws(Failure) -> Response {
        let caller = try authenticate.caller(request)
        let type = try request.negotiate([MediaType.json, MediaType.singular])
        let rows = try database.run(Query(Self.whoami), as: caller.identity, for: request)
        return Response(200, [.contentType(type), .noStore], .cell(rows, column: 0))
    }
}

extension Request {
    /// Bytes of JSON that a function's arguments may take.
    private static let maximumArguments = 65_536

    /// The body's JSON object, from which every named member must be a string.
    ///
    /// - Throws: `Failure` PGRST102 for a body that is no JSON object, KF014 for a missing or other member.
    func arguments(_ names: [String]) throws(Failure) -> [String] {
        if let type = try text("CONTENT_TYPE"), MediaType.essence(type) != MediaType.json {
            throw Failure(.invalidBody, "Content-Type not acceptable: \(type)")
        }
        let bytes = try body(limit: Self.maximumArguments)
        guard let json = try? JSON(bytes), case .object(let members) = json else {
            throw Failure(.invalidBody)
        }
        if let other = members.keys.sorted().first(where: { !names.contains($0) }) {
            throw Failure(.invalidArgument, "The argument '\(other)' is not known")
        }
        var values: [String] = []
        for name in names {
            guard let value = members[name]?.string else {
                throw Failure(.invalidArgument, "The argument '\(name)' must be given as a string")
            }
            // PostgreSQL's text cannot hold it.
            guard !value.utf8.contains(0) else {
                throw Failure(.invalidArgument, "The argument '\(name)' must not contain U+0000")
            }
            values.append(value)
        }
        return values
    }

    /// The whole body.
    private func body(limit: Int) throws(Failure) -> [UInt8] {
        var body: [UInt8] = []
        do {
            while true {
                let before = body.count
                try body.append(addingCapacity: 8192) { (span: inout OutputSpan<UInt8>) throws(GatewayError) in
                    try exchange.read(into: &span)
                }
                if body.count == before { return body }
                if body.count > limit { throw Failure(.tooLarge, details: "The limit is \(limit) bytes") }
            }
        } catch let error as Failure {
            throw error
        } catch let error as GatewayError {
            throw Failure(error)
        } catch {
            throw Failure(.internalError)
        }
    }

    /// The first of `offers` that the client accepts.
    ///
    /// - Throws: `Failure` 406.
    func negotiate(_ offers: [String]) throws(Failure) -> String {
        let accept = try text("HTTP_ACCEPT")
        guard let type = MediaType.negotiate(accept, offers: offers) else {
            throw Failure(.notAcceptable, "None of these media types are available: \(accept ?? "")")
        }
        return type
    }
}

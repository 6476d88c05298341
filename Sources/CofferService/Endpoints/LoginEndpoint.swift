// 3. Logging in and out, and changing the password.

internal import CofferCore
internal import Postgres
internal import POSIX

struct LoginEndpoint {
    let database: Database

    private static let login = Statement(
        name: "login", sql: "select token, expires_at, retry_after from api.login($1, $2)")
    private static let logout = Statement(name: "logout", sql: "select api.logout()")
    private static let changePassword = Statement(
        name: "change_password", sql: "select changed, retry_after from api.change_password($1, $2)")

    /// `POST /rpc/login`. The response does not say why a login failed; the database records the reason.
    func login(_ request: Request) throws(Failure) -> Response {
        let wantsCookie = try request.preferences().wantsCookie
        let type = try request.negotiate([MediaType.json, MediaType.singular])
        // Another site's page must not log its visitor in, to an account of its choice.
        if wantsCookie {
            if try request.isFromPage { try SameOrigin.require(request) }
            try SessionCookie.requireFit(request)
        }
        let outcome = try database.change(
            Query(Self.login, try request.arguments()), as: .anonymous, for: request, read: { try Login($0.first) })
        let (token, expires) = try outcome.token()
        if wantsCookie {
            let seconds = expires - Clock.realtimeSeconds()
            let cookie = try SessionCookie.field(request, token: token, seconds: seconds)
            return Response(204, [cookie, HeaderField("Preference-Applied", "session=cookie"), .noStore])
        }
        let object = "{\"token\":\(JSON.quoted(token))}"
        return .json(type == MediaType.singular ? object : "[\(object)]", type: type, [.noStore])
    }

    /// `POST /rpc/logout`: ends the session of the token and deletes the cookie.
    func logout(_ request: Request, from caller: Caller) throws(Failure) -> Response {
        _ = try database.change(Query(Self.logout), as: caller.identity, for: request)
        // A connection that is not fit for a cookie has none to delete.
        let cookie = try? SessionCookie.field(request, token: nil, seconds: 0)
        return Response(204, [cookie].compactMap { $0 })
    }

    /// `POST /rpc/change_password`: ends the user's other sessions.
    func changePassword(_ request: Request, from caller: Caller) throws(Failure) -> Response {
        let (changed, seconds) = try database.change(
            Query(Self.changePassword, try request.arguments()), as: caller.identity, for: request
        ) { rows in
            let row = try rows.only()
            return (try row.boolean("changed"), try row.optionalInteger("retry_after"))
        }
        if let seconds { throw Failure.blocked(seconds) }
        guard changed else { throw Failure(.wrongPassword) }
        return Response(204, [.noStore])
    }
}

/// The outcome of a login. A refusal is recorded in the same transaction, so it is not an error before the commit.
private enum Login {
    case refused
    case blocked(seconds: Int64)
    case token(String, expires: Int64)

    init(_ row: Row?) throws(PostgresError) {
        guard let row else {
            self = .refused
            return
        }
        if let seconds = try row.optionalInteger("retry_after") {
            self = .blocked(seconds: seconds)
        } else {
            self = .token(try row.text("token"), expires: try row.integer("expires_at"))
        }
    }

    func token() throws(Failure) -> (String, expires: Int64) {
        switch self {
        case .refused: throw Failure(.loginRefused)
        case .blocked(let seconds): throw Failure.blocked(seconds)
        case .token(let token, let expires): return (token, expires)
        }
    }
}

extension Failure {
    /// After too many wrong passwords the right one is refused too, for so many seconds.
    fileprivate static func blocked(_ seconds: Int64) -> Failure {
        Failure(.loginBlocked, fields: [HeaderField("Retry-After", String(seconds))])
    }
}

// 3. Logging in and out, and changing the password.

internal import CofferCore
internal import Postgres
internal import System

struct Session {
    let database: Database

    private static let login = Statement(
        name: "login", sql: "select token, expires_at, retry_after from api.login($1, $2)")
    private static let logout = Statement(name: "logout", sql: "select api.logout()")
    private static let changePassword = Statement(
        name: "change_password", sql: "select changed, retry_after from api.change_password($1, $2)")

    /// `POST /rpc/login`. Why a login fails is nobody's to know; the database records it and takes its time.
    func login(_ request: Request) throws(Failure) -> Response {
        let wantsCookie = try request.preferences().wantsCookie
        let type = try request.negotiate([MediaType.json, MediaType.singular])
        // A page of another site must not log its visitor in here.
        if wantsCookie {
            if try request.isFromPage { try SameOrigin.require(request) }
            try SessionCookie.requireFit(request)
        }
        let rows = try database.change(Query(Self.login, try request.arguments()), as: .anonymous, for: request)
        try refuseBlocked(rows, column: 2)
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
    func logout(_ request: Request, from caller: Caller) throws(Failure) -> Response {
        _ = try database.change(Query(Self.logout), as: caller.identity, for: request)
        let cookie = try? SessionCookie.field(request, token: nil, seconds: 0)
        return Response(204, [cookie].compactMap { $0 })
    }

    /// `POST /rpc/change_password`: the other sessions end, this one goes on.
    func changePassword(_ request: Request, from caller: Caller) throws(Failure) -> Response {
        let rows = try database.change(
            Query(Self.changePassword, try request.arguments()), as: caller.identity, for: request)
        try refuseBlocked(rows, column: 1)
        guard rows.count == 1, rows.boolean(0, 0) == true else { throw Failure(.wrongPassword) }
        return Response(204, [.noStore])
    }

    /// After too many wrong passwords the right one is refused too, until the seconds in that column are over.
    private func refuseBlocked(_ rows: Rows, column: Int) throws(Failure) {
        guard rows.count == 1, let seconds = rows.integer(0, column) else { return }
        throw Failure(.loginBlocked, fields: [HeaderField("Retry-After", String(seconds))])
    }
}

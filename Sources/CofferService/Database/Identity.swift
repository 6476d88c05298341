// The role and the user of a statement, and the query that takes them for its transaction.

internal import CofferCore
internal import Postgres

enum Identity {
    case anonymous
    case user(Claims)
    /// A user whose statement writes nothing to the audit log, so the database needs no facts about the request.
    case reader(Claims)
    /// A user whose session the statement itself looks up, in `internal.current_session`.
    case unconfirmed(Claims)

    var claims: Claims? {
        switch self {
        case .anonymous: nil
        case .user(let claims), .reader(let claims), .unconfirmed(let claims): claims
        }
    }

    private static let takeAnonymous = Statement(
        name: "anonymous",
        sql: """
            select set_config('role', 'coffer_anonymous', true),
                set_config('coffer.request_id', $1, true), set_config('coffer.remote_address', $2, true),
                set_config('coffer.session_seconds', $3, true),
                set_config('coffer.login_failures', $4, true), set_config('coffer.login_address_failures', $5, true)
            """)

    /// Takes the role of a live session for this transaction. If the session is not live, `function` returns the role
    /// or raises an error. The view shows only the session that the setting names, so the setting comes first.
    /// PostgreSQL evaluates the sub-select when it needs the value.
    private static func takeRole(orElse function: String) -> String {
        """
        select set_config('coffer.session_id', $1, true), set_config('role', coalesce(
                (select s.database_role from internal.live_sessions s where s.user_id = $2::text::uuid and s.role = $3),
                \(function)), true),
            set_config('coffer.user_id', $2, true)
        """
    }
    private static let takeReader = Statement(name: "reader", sql: takeRole(orElse: "internal.refuse_session()"))
    private static let takeUser = Statement(
        name: "user",
        // A request may outlast its session, if it began before the session expired.
        sql: takeRole(orElse: "internal.admitted_role($1::text::uuid, $2::text::uuid, $3, $7::bigint)") + """
            , set_config('coffer.request_id', $4, true), set_config('coffer.remote_address', $5, true),
            set_config('coffer.login_failures', $6, true), set_config('coffer.trash_days', $8, true),
            set_config('coffer.version_days', $9, true)
            """)

    private static let takeClaims = Statement(
        name: "claims",
        sql: """
            select set_config('coffer.session_id', $1, true), set_config('coffer.user_id', $2, true),
                set_config('role', 'coffer_' || $3, true)
            """)

    /// The statements that nearly every request uses.
    static var frequent: [Statement] { [takeClaims, takeReader, takeUser] }

    /// The query that takes this identity.
    ///
    /// - Throws: `Failure` 400 if the client's address is not UTF-8.
    func query(for request: Request, _ configuration: Configuration) throws(Failure) -> Query {
        func origin() throws(Failure) -> [Parameter] {
            [.text(request.id), .text(try request.text(.remoteAddress) ?? "")]
        }
        switch self {
        case .anonymous:
            let limits = [
                configuration.sessionSeconds, configuration.loginFailures, configuration.loginAddressFailures,
            ]
            return Query(Self.takeAnonymous, try origin() + limits.map { .text(String($0)) })
        case .user(let claims):
            // A wrong current password counts as a failed login.
            let limit = Parameter.text(String(configuration.loginFailures))
            let days = [configuration.trashDays, configuration.versionDays].map { Parameter.text(String($0)) }
            return Query(
                Self.takeUser, Self.parameters(claims) + (try origin()) + [limit, .integer(request.began.age)] + days)
        case .reader(let claims): return Query(Self.takeReader, Self.parameters(claims))
        case .unconfirmed(let claims): return Query(Self.takeClaims, Self.parameters(claims))
        }
    }

    private static func parameters(_ claims: Claims) -> [Parameter] {
        [.text(claims.sessionID), .text(claims.userID), .text(claims.role.rawValue)]
    }
}

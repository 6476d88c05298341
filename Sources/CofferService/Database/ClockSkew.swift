// By how much this host's clock differs from the database's, which dates the tokens that are judged by this one.

internal import CofferCore
internal import Postgres
internal import POSIX

struct ClockSkew {
    /// What to ask the database for.
    static let column = "floor(extract(epoch from clock_timestamp()))::bigint as database_clock"

    /// Seconds that this clock is ahead; negative ones that it is behind; 0 where the question took longer than it differs.
    let seconds: Int64

    /// - Parameters:
    ///   - database: what `column` gave.
    ///   - asked: this clock's seconds before the question; `answered` those behind it.
    init(database: Int64, asked: Int64, answered: Int64) {
        seconds = database < asked ? asked - database : database > answered ? answered - database : 0
    }

    /// Tokens are refused when they are issued by a clock that differs by more.
    var isAllowed: Bool { abs(seconds) <= AccessToken.clockSkew }

    /// Asks, and logs a difference before it comes to harm.
    ///
    /// - Returns: no difference where the answer has no rows.
    static func asking(
        _ logger: Logger, _ question: () throws(PostgresError) -> Rows
    ) throws(PostgresError) -> (rows: Rows, skew: ClockSkew?) {
        let asked = Clock.realtimeSeconds()
        let rows = try question()
        guard let row = rows.first else { return (rows, nil) }
        let skew = ClockSkew(
            database: try row.integer("database_clock"), asked: asked, answered: Clock.realtimeSeconds())
        if abs(skew.seconds) > AccessToken.clockSkew / 3 { logger.record(.clockDiffers(seconds: skew.seconds)) }
        return (rows, skew)
    }
}

extension ClockSkew: CustomStringConvertible {
    var description: String {
        "clock (\(abs(seconds)) s \(seconds < 0 ? "behind" : "ahead of") the database's, "
            + "\(AccessToken.clockSkew) s are allowed)"
    }
}

// The difference between this host's clock and the database's. The database dates tokens by its clock, and the worker
// checks the dates by this host's.

internal import CofferCore
internal import Postgres
internal import POSIX

struct ClockSkew {
    /// A column to add to a query.
    static let column = "floor(extract(epoch from clock_timestamp()))::bigint as database_clock"

    /// How many seconds this clock is ahead of the database's; negative if it is behind. 0 if the query took longer
    /// than the difference.
    let seconds: Int64

    /// - Parameters:
    ///   - database: the value of `column`.
    ///   - asked: this clock's seconds since 1970 before the query.
    ///   - answered: this clock's seconds since 1970 after the query.
    init(database: Int64, asked: Int64, answered: Int64) {
        seconds = database < asked ? asked - database : database > answered ? answered - database : 0
    }

    /// Whether tokens are accepted in spite of the difference.
    var isAllowed: Bool { abs(seconds) <= AccessToken.clockSkew }

    /// Runs a query that has `column`, and logs a difference before it is so large that tokens are refused.
    ///
    /// - Returns: the rows, and nil for the difference if there are no rows.
    static func measuring(
        _ logger: Logger, _ query: () throws(PostgresError) -> Rows
    ) throws(PostgresError) -> (rows: Rows, skew: ClockSkew?) {
        let asked = Clock.realtimeSeconds()
        let rows = try query()
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

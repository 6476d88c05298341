// The verification keys, which only the database issues. A copy is used for at most 30 seconds, so a retired key stops
// working within that time.

internal import CofferCore
internal import Cryptography
internal import Postgres
internal import POSIX

final class KeyRing {
    private let database: Database
    private var keys: [String: HMACKey] = [:]
    /// When the copy was made, on the monotonic clock, in nanoseconds. nil before the first one.
    private var fetched: Int64?

    /// How long a copy of the keys is used, in nanoseconds.
    private static let lifetime: Int64 = 30_000_000_000

    private let logger: Logger

    init(_ database: Database, logger: Logger) {
        (self.database, self.logger) = (database, logger)
    }

    private static let statement = Statement(
        name: "keys", sql: "select kid, secret, \(ClockSkew.column) from internal.verification_keys()")

    /// A key by its id. If it is unknown, the keys are fetched again, as it may be new.
    ///
    /// - Returns: nil if the database does not know the key either.
    /// - Throws: `Failure` 503 if the database does not answer, 500 if it has no keys.
    func key(_ id: String) throws(Failure) -> HMACKey? {
        let isFresh = fetched.map { Clock.monotonicNanoseconds() - $0 < Self.lifetime } ?? false
        if isFresh, let key = keys[id] { return key }
        try fetch()
        return keys[id]
    }

    private func fetch() throws(Failure) {
        keys = try logger.reporting {
            // This host's clock decides whether tokens have expired.
            let ask = { () throws(PostgresError) in try self.database.run([Query(Self.statement)])[0] }
            let rows = try ClockSkew.measuring(logger, ask).rows
            return Dictionary(try rows.map(Self.key)) { first, _ in first }
        }
        fetched = Clock.monotonicNanoseconds()
        guard !keys.isEmpty else { throw Failure(.noVerificationKey, hint: "Run: coffer key rotate") }
    }

    private static func key(_ row: Row) throws -> (id: String, key: HMACKey) {
        let secret = try row.bytes("secret")
        return (try row.text("kid"), HMACKey(secret.span))
    }
}

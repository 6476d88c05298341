// Connection strings for other programs of PostgreSQL: by their environment, which other users cannot read, and not by
// their arguments, which they can.

internal import CPostgreSQL

/// The variables (PGHOST, PGPASSWORD …) that make a libpq program connect as this string does: `PQconninfoParse`.
///
/// - Throws: `.connection` for a malformed string; the message never quotes it.
public func connectionEnvironment(_ conninfo: String) throws(PostgresError) -> [String: String] {
    guard let options = unsafe PQconninfoParse(conninfo, nil) else {
        throw PostgresError(.connection, message: "the connection string is malformed")
    }
    defer { unsafe PQconninfoFree(options) }
    var variables: [String: String] = [:]
    var next = unsafe options
    while unsafe next.pointee.keyword != nil {
        if let name = unsafe next.pointee.envvar, let value = unsafe next.pointee.val {
            unsafe variables[String(cString: name)] = String(cString: value)
        }
        unsafe next += 1
    }
    return variables
}

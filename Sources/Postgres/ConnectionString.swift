// Connection strings for other programs of PostgreSQL. They are passed in the environment, as other users can read a
// program's arguments.

internal import CPostgreSQL

/// The variables (PGHOST, PGPASSWORD …) with which a libpq program connects as this string says: `PQconninfoParse`.
///
/// - Throws: `.connection` for a malformed string. The message never contains the string.
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

// JSON output that does not come from PostgreSQL.

internal import CofferCore

/// A JSON array (RFC 8259) of objects whose values are strings, one object a line.
func jsonText(_ objects: [KeyValuePairs<String, String>]) -> String {
    let lines = objects.map { object in
        "{" + object.map { "\(JSON.quoted($0.key)):\(JSON.quoted($0.value))" }.joined(separator: ",") + "}"
    }
    return "[" + lines.joined(separator: ",\n ") + "]"
}

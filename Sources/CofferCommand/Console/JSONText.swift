// The little JSON that does not come from PostgreSQL.

internal import CofferCore

/// A list of objects whose values are texts, as JSON (RFC 8259).
func jsonText(_ objects: [KeyValuePairs<String, String>]) -> String {
    let lines = objects.map { object in
        "{" + object.map { "\(JSON.quoted($0.key)):\(JSON.quoted($0.value))" }.joined(separator: ",") + "}"
    }
    return "[" + lines.joined(separator: ",\n ") + "]"
}

// The little JSON that does not come from PostgreSQL.

/// A list of objects whose values are texts, as JSON (RFC 8259).
func jsonText(_ objects: [KeyValuePairs<String, String>]) -> String {
    let lines = objects.map { object in
        "{" + object.map { "\(jsonString($0.key)):\(jsonString($0.value))" }.joined(separator: ",") + "}"
    }
    return "[" + lines.joined(separator: ",\n ") + "]"
}

private func jsonString(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"", "\\": result += "\\\(scalar)"
        case "\u{0}"..<" ":
            let digits = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}

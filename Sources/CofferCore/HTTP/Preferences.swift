// The Prefer header (RFC 7240), with PostgREST's preferences and our `session=cookie`.

internal import Text

public struct Preferences: Equatable, Sendable {
    public enum Return: String, Sendable { case minimal, headersOnly = "headers-only", representation }
    public enum Count: String, Sendable { case exact, planned, estimated }
    public enum Handling: String, Sendable { case strict, lenient }

    public private(set) var `return`: Return?
    public private(set) var count: Count?
    public private(set) var handling: Handling?
    /// The largest number of rows that a change may affect. nil for no limit. It has an effect only with
    /// `handling=strict`.
    var maxAffected: Int64? { handling == .strict ? affected : nil }
    private var affected: Int64?
    /// Whether a login sets the session cookie instead of answering with the token: `session=cookie`.
    public private(set) var wantsCookie = false

    /// - Parameter field: the preferences, separated by commas. Of several with the same name the first one counts.
    /// - Throws: `Failure` PGRST122 for unknown preferences with `handling=strict`.
    public init(_ field: String?) throws(Failure) {
        var unknown: [String] = []
        for part in (field ?? "").split(separator: ",") {
            let text = String(part.trimmed)
            if !text.isEmpty, !take(text) { unknown.append(text) }
        }
        if handling == .strict, !unknown.isEmpty {
            throw Failure(.invalidPreference, details: "Invalid preferences: " + unknown.joined(separator: ", "))
        }
    }

    private mutating func take(_ text: String) -> Bool {
        let halves = text.split(separator: "=", maxSplits: 1).map { String($0.trimmed) }
        guard halves.count == 2 else { return false }
        let value = halves[1]
        switch halves[0].lowercased() {
        case "return": return Self.keep(Return(rawValue: value), in: &self.return)
        case "count": return Self.keep(Count(rawValue: value), in: &count)
        case "handling": return Self.keep(Handling(rawValue: value), in: &handling)
        case "max-affected":
            return Self.keep(value.utf8.allSatisfy(\.isASCIIDigit) ? Int64(value) : nil, in: &affected)
        // Known, but without an effect: there are no upserts, and times are in the server's time zone.
        case "resolution": return ["merge-duplicates", "ignore-duplicates"].contains(value)
        case "missing": return ["default", "null"].contains(value)
        case "tx": return ["commit", "rollback"].contains(value)
        case "timezone": return true
        case "session" where value == "cookie":
            wantsCookie = true
            return true
        default: return false
        }
    }

    private static func keep<Value>(_ value: Value?, in place: inout Value?) -> Bool {
        guard let value else { return false }
        place = place ?? value
        return true
    }

    /// - Throws: `Failure` PGRST124 if a change has affected more rows than `max-affected` allows. The caller must then
    ///   roll back the transaction.
    public func check(affected rows: Int64) throws(Failure) {
        guard let maxAffected, rows > maxAffected else { return }
        throw Failure(.tooManyAffected, details: "The query affects \(rows) rows")
    }

    /// The value of `Preference-Applied`. nil if nothing was applied. `return` and `max-affected` apply to changes
    /// only.
    public func applied(toChange isChange: Bool) -> String? {
        let parts = [
            isChange ? self.return.map { "return=\($0.rawValue)" } : nil, count.map { "count=\($0.rawValue)" },
            handling.map { "handling=\($0.rawValue)" }, isChange ? maxAffected.map { "max-affected=\($0)" } : nil,
        ].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}

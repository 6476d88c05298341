// Fields that came more than once. nginx before 1.23 hands each over by itself; its successors and Apache join them by
// `, `, which in a plain value may as well be its own. So two values are one fault here and no choice of the worker's:
// what cannot be told from one value is told where one of them has the form of RFC 8187, which has no comma.

internal import CofferCore
internal import Text

extension Request {
    /// A field whose values are members of one list (RFC 9110 §5.3), all of them; nil where it did not come.
    func list(_ field: RequestField) throws(Failure) -> String? {
        let values = try texts(field)
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }

    /// A field that has one value, as text; an empty one is not nil.
    ///
    /// - Throws: `Failure` KF046 when it came more than once.
    func single(_ field: RequestField) throws(Failure) -> String? {
        let values = try all(field)
        guard values.count < 2, values.first.map(Self.isJoined) != true else {
            throw Failure(
                .repeatedField, "The header \(field.name) was sent more than once", hint: Self.hint(field.name))
        }
        return values.first
    }

    /// The media type of the body.
    ///
    /// - Throws: as `single`.
    func mediaType() throws(Failure) -> String? {
        _ = try single(.contentTypes)
        guard let type = try text(.contentType) else { return nil }
        let outsideOfQuotes = type.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
        if outsideOfQuotes.contains(where: { $0.offset.isMultiple(of: 2) && $0.element.contains(",") }) {
            throw Failure(.repeatedField, "The header Content-Type was sent more than once")
        }
        return type
    }

    /// Whether this was several values of which one is in the form of RFC 8187.
    private static func isJoined(_ value: String) -> Bool {
        let parts = value.split(separator: ", ", omittingEmptySubsequences: false)
        return parts.count > 1 && parts.contains { PercentCoding.isExtended(String($0)) }
    }

    private static func hint(_ name: String) -> String {
        "Send \(name) once. A value with a comma in it is safest in percent-encoding: UTF-8''a%2C%20b."
    }
}

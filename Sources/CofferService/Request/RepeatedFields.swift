// Fields that were sent more than once. nginx before 1.23 passes on each of them; later versions and Apache join them
// by `, `. Two values are an error, as the worker cannot know which one is meant. A plain value may contain `, `
// itself, so joined values are recognised only if one of them has the form of RFC 8187, which has no comma.

internal import CofferCore
internal import Text

extension Request {
    /// All values of a field that is a list (RFC 9110 §5.3), joined by commas. nil if the field is absent.
    func list(_ field: RequestField) throws(Failure) -> String? {
        let values = try texts(field)
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }

    /// The value of a field that must not be a list. nil if the field is absent; an empty value is not nil.
    ///
    /// - Throws: `Failure` KF046 if the field was sent more than once.
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

    /// Whether several values were joined, one of them in the form of RFC 8187.
    private static func isJoined(_ value: String) -> Bool {
        let parts = value.separated(by: ", ")
        return parts.count > 1 && parts.contains { PercentCoding.isExtended(String($0)) }
    }

    private static func hint(_ name: String) -> String {
        "Send \(name) once. A value with a comma in it is safest in percent-encoding: UTF-8''a%2C%20b."
    }
}

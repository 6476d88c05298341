// Parses a query string into its parameters.

internal import Text

/// The parameters of a query string, in order, decoded.
///
/// Form decoding as PostgREST does it: `+` is a space.
public struct QueryParameters: Sendable, Equatable {
    public let pairs: [(name: String, value: String)]

    public static func == (left: Self, right: Self) -> Bool {
        left.pairs.elementsEqual(right.pairs) { $0 == $1 }
    }

    /// - Throws: `Failure` (PGRST100) for a broken escape or invalid UTF-8.
    public init(_ query: String) throws(Failure) {
        var pairs: [(name: String, value: String)] = []
        for part in query.utf8.split(separator: UInt8(ascii: "&")) {
            let name = part.prefix { $0 != UInt8(ascii: "=") }
            let value = part.dropFirst(name.count + 1)
            guard let name = PercentCoding.decode(name, form: true), let value = PercentCoding.decode(value, form: true)
            else {
                throw Failure(
                    .querySyntax, "The query string is not valid percent-encoded UTF-8",
                    details: "A '%' must be followed by two hexadecimal digits")
            }
            pairs.append((name, value))
        }
        self.pairs = pairs
    }

    /// The value of the first parameter of that name.
    public subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }
}

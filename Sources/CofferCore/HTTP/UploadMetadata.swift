// The field `Upload-Metadata` of tus 1.0: what a client says about the file that a resumable upload becomes.

internal import Text

public struct UploadMetadata: Equatable, Sendable {
    /// The field, for the answers to HEAD.
    public let text: String
    public let path: FilePath
    /// nil if there is none, so that an existing file keeps its description.
    public let description: String?
    public let contentType: String?
    /// When the content was last changed: a timestamp of ISO 8601, or seconds since 1970.
    public let modified: String?

    /// The longest description, in Unicode scalars.
    public static let maximumDescription = 2000

    public static var tooLong: Failure {
        Failure(.invalidArgument, "The description must not be longer than \(maximumDescription) characters")
    }

    /// - Throws: `Failure` 400 if the field is malformed or has no path of a file.
    public init(_ field: String) throws(Failure) {
        let pairs = field.isEmpty ? [] : field.split(separator: ",", omittingEmptySubsequences: false).map(\.trimmed)
        var values: [String: [UInt8]] = [:]
        for pair in pairs {
            let (key, value) = try Self.parse(pair)
            guard values.updateValue(value, forKey: key) == nil else {
                throw Self.malformed("a key occurs more than once")
            }
        }
        func value(_ keys: String...) throws(Failure) -> String? {
            guard let key = keys.first(where: { values[$0] != nil }), let bytes = values[key] else { return nil }
            guard let text = String(utf8: bytes.span), !bytes.contains(0) else {
                throw Self.malformed("the value of \(key) is not UTF-8")
            }
            return text
        }
        text = field
        guard let path = try value("file_path", "filename"), !path.isEmpty else {
            throw Failure(.filePathRule, "Upload-Metadata has no file_path")
        }
        self.path = try FilePath(path)
        description = try value("description")
        contentType = try value("content_type", "filetype")
        modified = try value("modified")
        guard description?.unicodeScalars.count ?? 0 <= Self.maximumDescription else { throw Self.tooLong }
        guard modified.map(Self.isTime) ?? true else {
            throw Self.malformed("modified is neither a timestamp nor seconds since 1970")
        }
    }

    /// A key without spaces and commas and, unless it is empty, a value in base64.
    private static func parse(_ pair: Substring) throws(Failure) -> (key: String, value: [UInt8]) {
        let parts = pair.split(separator: " ", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let key = parts.first, !key.isEmpty,
            key.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw malformed("a pair is not a key and a value") }
        guard let value = Base64.decodeStandard(parts.count == 2 ? String(parts[1]) : "") else {
            throw malformed("a value is not base64")
        }
        return (String(key), value)
    }

    /// Seconds have at most eleven digits: until the year 5138.
    private static func isTime(_ text: String) -> Bool {
        (1...11).contains(text.utf8.count) && text.utf8.allSatisfy(\.isASCIIDigit) || isTimestamp(text[...])
    }

    private static func malformed(_ problem: String) -> Failure {
        Failure(.invalidArgument, "The header Upload-Metadata is malformed: \(problem)")
    }
}

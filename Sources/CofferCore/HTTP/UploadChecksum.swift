// The field `Upload-Checksum` of tus 1.0: the digest that the body of one request must have.

internal import Text

public struct UploadChecksum: Equatable, Sendable {
    /// The raw value is tus's name.
    public enum Algorithm: String, CaseIterable, Sendable {
        case sha1, sha256

        /// The length of a digest in bytes.
        var length: Int { self == .sha1 ? 20 : 32 }
    }

    public let algorithm: Algorithm
    public let digest: [UInt8]

    /// - Throws: `Failure` 400 if the algorithm is unknown, or if the digest is not base64 of its length.
    public init(_ field: String) throws(Failure) {
        let parts = field.split(separator: " ", omittingEmptySubsequences: false)
        guard let name = parts.first, let algorithm = Algorithm(rawValue: String(name)) else {
            throw Failure(
                .invalidArgument, "The algorithm of Upload-Checksum is not supported",
                details: "Supported are \(Self.names)")
        }
        guard parts.count == 2, let digest = Base64.decodeStandard(String(parts[1])), digest.count == algorithm.length
        else { throw Failure(.invalidArgument, "The header Upload-Checksum is malformed") }
        (self.algorithm, self.digest) = (algorithm, digest)
    }

    /// The names of all algorithms, separated by commas.
    public static var names: String { Algorithm.allCases.map(\.rawValue).joined(separator: ",") }
}

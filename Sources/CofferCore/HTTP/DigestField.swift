// The digest fields `Repr-Digest` and `Content-Digest` (RFC 9530). Coffer supports sha-256 only.

internal import Text

public enum DigestField {
    /// The value of a field for a digest: `sha-256=:…:`.
    public static func sha256(_ digest: [UInt8]) -> String { "sha-256=:" + Base64.encode(digest) + ":" }

    /// The sha-256 digest of a field. nil if the field has other algorithms only.
    ///
    /// - Throws: `Failure` `.invalidArgument` if the sha-256 member is not 32 bytes in base64 between colons.
    public static func parse(_ field: String) throws(Failure) -> [UInt8]? {
        for member in field.split(separator: ",") {
            let halves = member.trimmed.split(separator: "=", maxSplits: 1)
            guard halves.count == 2, halves[0].lowercased() == "sha-256" else { continue }
            let value = halves[1]
            guard value.count > 2, value.first == ":", value.last == ":",
                let digest = Base64.decodeStandard(String(value.dropFirst().dropLast())), digest.count == 32
            else {
                throw Failure(
                    .invalidArgument, "The digest cannot be read",
                    details: "sha-256 must be 32 bytes in base64 between colons (RFC 9530)")
            }
            return digest
        }
        return nil
    }
}

import Testing

@testable import CofferCore

struct DigestFieldTests {
    /// The digest of an empty text.
    private static let digest: [UInt8] = [
        0xE3, 0xB0, 0xC4, 0x42, 0x98, 0xFC, 0x1C, 0x14, 0x9A, 0xFB, 0xF4, 0xC8, 0x99, 0x6F, 0xB9, 0x24, 0x27, 0xAE,
        0x41,
        0xE4, 0x64, 0x9B, 0x93, 0x4C, 0xA4, 0x95, 0x99, 0x1B, 0x78, 0x52, 0xB8, 0x55,
    ]
    private static let member = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"

    @Test func `a digest is written as a byte sequence`() {
        #expect(DigestField.sha256(Self.digest) == Self.member)
    }

    @Test(arguments: [
        member, "md5=:AA==:, \(member)", "\(member),sha-512=:AAAA:", " \(member) ",
        "SHA-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:",
    ])
    func `sha-256 is found among other algorithms`(field: String) throws {
        #expect(try DigestField.parse(field) == Self.digest)
    }

    @Test(arguments: ["", "md5=:AA==:", "sha-512=:AAAA:", "sha-256", "gibberish", ",,"])
    func `a field without sha-256 has no digest`(field: String) throws {
        #expect(try DigestField.parse(field) == nil)
    }

    @Test(arguments: [
        "sha-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "sha-256=::", "sha-256=:AAAA:", "sha-256=:???:",
        "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU:",
        "sha-256=:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=:", "sha-256=?1", "md5=:AA==:, sha-256=:AAAA:",
    ])
    func `an invalid sha-256 is refused`(field: String) {
        #expect(refusal { () throws(Failure) in try DigestField.parse(field) }?.kind == .invalidArgument)
    }
}

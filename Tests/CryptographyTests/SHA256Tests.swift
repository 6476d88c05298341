import Cryptography
import Testing

private func digest(_ pieces: [[UInt8]]) throws -> [UInt8] {
    var digest = try SHA256()
    for piece in pieces { digest.update(piece.span) }
    return digest.finish()
}

@Suite("SHA-256")
struct SHA256Tests {
    // Messages and digests of NIST's examples for FIPS 180-4.
    @Test(
        "gives the digests of FIPS 180-4",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ])
    func vectors(message: String, expected: String) throws {
        #expect(try digest([Array(message.utf8)]) == hex(expected))
    }

    @Test("gives the digest of a million letters a")
    func million() throws {
        let pieces = Array(repeating: Array(repeating: UInt8(ascii: "a"), count: 1000), count: 1000)
        #expect(try digest(pieces) == hex("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"))
    }

    @Test("does not depend on how the bytes are split", arguments: [1, 63, 64, 65, 1000])
    func pieces(size: Int) throws {
        let bytes = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let cut = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
        #expect(try digest(cut + [[]]) == digest([bytes]))
    }

    @Test("may be discarded unfinished")
    func unfinished() throws {
        var digest = try SHA256()
        digest.update([1, 2, 3].span)
    }
}

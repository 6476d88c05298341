import Cryptography
import Testing

private func digest(_ pieces: [[UInt8]]) -> [UInt8] {
    var digest = SHA256()
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
    func vectors(message: String, expected: String) {
        #expect(digest([Array(message.utf8)]) == hex(expected))
    }

    @Test("gives the digest of a million letters a")
    func million() {
        let pieces = Array(repeating: Array(repeating: UInt8(ascii: "a"), count: 1000), count: 1000)
        #expect(digest(pieces) == hex("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"))
    }

    @Test("does not depend on how the bytes are split", arguments: [1, 63, 64, 65, 1000])
    func pieces(size: Int) {
        let bytes = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let cut = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
        #expect(digest(cut + [[]]) == digest([bytes]))
    }

    @Test("may be discarded unfinished")
    func unfinished() {
        var digest = SHA256()
        digest.update([1, 2, 3].span)
    }
}

@Suite("SHA-256 that continues")
struct SHA256StateTests {
    private let message = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

    @Test("a digest that continues from a state at any offset is that of all bytes")
    func everyOffset() {
        for offset in 0...300 {
            var first = SHA256()
            let (begin, rest) = (Array(message[..<offset]), Array(message[offset...]))
            first.update(begin.span)
            let state = first.state
            #expect(state.count == 40 + offset % 64)
            guard var second = SHA256(state, after: Int64(offset)) else {
                Issue.record("no state after \(offset) bytes")
                return
            }
            second.update(rest.span)
            let digest = second.finish()
            #expect(digest == sha256(message.span), "\(offset)")
        }
    }

    @Test("the count of bytes continues beyond 32 bits of bits")
    func longMessage() {
        // More than 512 MiB, so that the length in bits needs more than 32.
        let block = [UInt8](repeating: 1, count: 1 << 20)
        var whole = SHA256()
        var digest = SHA256()
        for _ in 0..<520 {
            whole.update(block.span)
            digest.update(block.span)
            guard let next = SHA256(digest.state, after: digest.count) else {
                Issue.record("no state")
                return
            }
            digest = next
        }
        let (one, other) = (digest.finish(), whole.finish())
        #expect(one == other)
    }

    @Test("a state of another offset is refused", arguments: [(41, 0), (40, 1), (40, 64), (40, -64), (0, 0), (32, 0)])
    func otherOffset(length: Int, count: Int) {
        let isRefused = SHA256([UInt8](repeating: 0, count: length), after: Int64(count)) == nil
        #expect(isRefused)
    }
}

import Cryptography
import Testing

private func code(_ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    hmacSHA256(key: key.span, message: message.span)
}

@Suite("HMAC-SHA-256")
struct HMACTests {
    // RFC 4231, sections 4.2 to 4.4, 4.7 and 4.8.
    @Test(
        "gives the codes of RFC 4231",
        arguments: [
            (
                [UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8),
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
            ),
            (
                Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            (
                [UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50),
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
            ),
            (
                [UInt8](repeating: 0xaa, count: 131),
                Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
            (
                [UInt8](repeating: 0xaa, count: 131),
                Array(
                    "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm."
                        .utf8),
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
            ),
        ])
    func vectors(key: [UInt8], message: [UInt8], expected: String) {
        #expect(code(key, message) == hex(expected))
    }

    @Test(
        "a key of a block's length is used as it is, and a longer one by its digest",
        arguments: [
            (63, "d2bee6f325e7ec9e0e412319f6775134f43f4e16e168b7386de22a29c70a7b9d"),
            (64, "6ab541b4869dca71c4ca11d8bb1b02533b789a557583161429292c7404bc21f6"),
            (65, "dfbffee4671bad00ed5d1e1999d55ed3b0cc774ac357f9ebf649c1612414fcec"),
        ])
    func keyLength(length: Int, expected: String) {
        let key = (0..<length).map { UInt8($0) }
        #expect(code(key, Array("abc".utf8)) == hex(expected))
    }

    @Test("accepts an empty key and an empty message")
    func empty() {
        #expect(code([], []) == hex("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"))
    }

    @Test("gives the same code when a key is used again after another message")
    func usedAgain() {
        let (message, other): ([UInt8], [UInt8]) = ([1, 2, 3], [4])
        let key = HMACKey(message.span)
        let codes = [key.code(of: message.span), key.code(of: other.span), key.code(of: message.span)]
        #expect(codes[0] == codes[2])
        #expect(codes[..<2] == [code(message, message), code(message, other)])
    }

    @Test("keeps nothing from one call to the next")
    func independent() {
        let first = code([1, 2, 3], [4])
        _ = code([9], [9])
        #expect(code([1, 2, 3], [4]) == first)
        #expect(code([1, 2, 4], [4]) != first)
    }
}

import Cryptography
import Testing

@Suite("Constant-time comparison")
struct ComparisonTests {
    @Test(
        "agrees with ==",
        arguments: [
            ([], []), ([1], [1]), ([1], [2]), ([1, 2, 3], [1, 2, 3]), ([1, 2, 3], [1, 2, 4]), ([1, 2], [1, 2, 3]),
            ([], [0]),
        ] as [([UInt8], [UInt8])])
    func agrees(a: [UInt8], b: [UInt8]) {
        #expect(constantTimeEqual(a.span, b.span) == (a == b))
    }
}

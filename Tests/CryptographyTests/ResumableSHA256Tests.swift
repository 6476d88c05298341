import Testing

@testable import Cryptography

@Suite("SHA-256 that continues")
struct ResumableSHA256Tests {
    private let message = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

    private func whole(_ bytes: [UInt8]) throws -> [UInt8] {
        var digest = try SHA256()
        digest.update(bytes.span)
        return digest.finish()
    }

    @Test("a digest that continues from a state at any offset is that of all bytes")
    func everyOffset() throws {
        for offset in 0...300 {
            var first = ResumableSHA256()
            let (begin, rest) = (Array(message[..<offset]), Array(message[offset...]))
            first.update(begin.span)
            let state = first.state
            #expect(state.count == 40 + offset % 64)
            guard var second = ResumableSHA256(state, after: Int64(offset)) else {
                Issue.record("no state after \(offset) bytes")
                return
            }
            second.update(rest.span)
            let digest = second.finish()
            #expect(try digest == whole(message), "\(offset)")
        }
    }

    @Test("the count of bytes continues beyond 32 bits of bits")
    func longMessage() throws {
        // More than 512 MiB, so that the length in bits needs more than 32.
        let block = [UInt8](repeating: 1, count: 1 << 20)
        var whole = try SHA256()
        var digest = ResumableSHA256()
        for _ in 0..<520 {
            whole.update(block.span)
            digest.update(block.span)
            guard let next = ResumableSHA256(digest.state, after: digest.count) else {
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
        let isRefused = ResumableSHA256([UInt8](repeating: 0, count: length), after: Int64(count)) == nil
        #expect(isRefused)
    }
}

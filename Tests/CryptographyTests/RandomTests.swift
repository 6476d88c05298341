import Cryptography
import Testing

@Suite("Random bytes")
struct RandomTests {
    @Test("have the requested length", arguments: [0, 1, 16, 1000])
    func count(_ count: Int) throws {
        #expect(try randomBytes(count).count == count)
    }

    @Test("are different each time")
    func different() throws {
        #expect(try Set((0..<1000).map { _ in try randomBytes(16) }).count == 1000)
    }
}

import BlobStore
import Testing

struct BlobNameTests {
    @Test func `generated names are legal and differ`() throws {
        let names = (0..<100).map { _ in BlobName.generate() }
        #expect(Set(names).count == 100)
        #expect(names.allSatisfy { BlobName($0.description) == $0 })
    }

    @Test(arguments: [
        "", "ab", "0123456789ABCDEF0123456789abcdef", "0123456789abcdef0123456789abcdeg",
        "0123456789abcdef0123456789abcdef0", "../../../../../../../etc/passwd0", "0123456789abcdef/123456789abcdef",
        "ａ123456789abcdef0123456789abc",
    ])
    func `anything but 32 lower-case digits is refused`(text: String) {
        #expect(BlobName(text) == nil)
    }
}

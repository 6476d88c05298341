import Testing

@testable import BlobStore

struct PartSizesTests {
    @Test(
        arguments: [
            (0, 16), (1 << 30, 16), (167_772_160_000, 16), (167_772_160_001, 17), (251_658_240_000, 24),
        ] as [(Int64, Int)])
    func `a blob of known length fits into ten thousand parts of one size`(length: Int64, mebibytes: Int) throws {
        #expect(PartSizes.size(length: length) == mebibytes << 20)
        #expect(Int64(mebibytes << 20) * 10_000 >= length)
    }

    @Test func `a blob that needs too large or too many parts is refused`() {
        #expect(PartSizes.size(length: 251_658_240_001) == nil)
        #expect(PartSizes.size(place: 999) == 16 << 20 && PartSizes.size(place: 1000) == 24 << 20)
        #expect(PartSizes.size(place: 9999) == 24 << 20 && PartSizes.size(place: 10_000) == nil)
    }
}

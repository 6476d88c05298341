import Testing

@testable import CofferCommand

struct MergeJoinTests {
    /// A stream of numbers in pages of `size`; `asked` counts the pages.
    private func stream(_ numbers: [Int], _ size: Int) -> PagedStream<Int> {
        PagedStream { (last) in Array(numbers.filter { $0 > last ?? .min }.prefix(size)) }
    }

    private func join(_ left: [Int], _ right: [Int], page: Int) throws -> [String] {
        var join = MergeJoin(stream(left, page), by: { $0 }, stream(right, page + 1), by: { $0 })
        var pairs: [String] = []
        while let pair = try join.next() {
            switch pair {
            case .left(let number): pairs.append("\(number)<")
            case .right(let number): pairs.append(">\(number)")
            case .both(let left, let right): pairs.append("\(left)=\(right)")
            }
        }
        return pairs
    }

    @Test(arguments: [1, 2, 3, 100])
    func `two streams are paired in their order, whatever their pages`(page: Int) throws {
        #expect(
            try join([1, 2, 4, 6, 7], [2, 3, 4, 8, 9], page: page) == [
                "1<", "2=2", ">3", "4=4", "6<", "7<", ">8", ">9",
            ])
    }

    @Test func `a stream may be empty, and both may`() throws {
        #expect(try join([], [1, 2], page: 1) == [">1", ">2"])
        #expect(try join([1, 2], [], page: 1) == ["1<", "2<"])
        #expect(try join([], [], page: 1).isEmpty)
    }

    @Test func `a page that fails ends the join with its failure`() throws {
        var join = MergeJoin(
            PagedStream<Int> { (last) throws(CofferCommand.Failure) in
                if last == nil { return [1] }
                throw CofferCommand.Failure("away")
            }, by: { $0 }, stream([], 1), by: { $0 })
        #expect(try join.next() != nil)
        #expect(throws: CofferCommand.Failure("away")) { _ = try join.next() }
    }
}

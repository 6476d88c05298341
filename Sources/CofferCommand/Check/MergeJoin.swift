// Compares two sorted streams, such as millions of rows and millions of blobs, in the memory of a page of each.

/// A stream that is fetched in pages. An empty page ends it.
struct PagedStream<Element> {
    private let fetch: (Element?) throws(Failure) -> [Element]
    private var page: [Element] = []
    private var position = 0
    private var isAtEnd = false

    /// - Parameter fetch: returns the page after an element; the first page for nil.
    init(_ fetch: @escaping (Element?) throws(Failure) -> [Element]) { self.fetch = fetch }

    /// The next element, which stays in the stream; nil at the end.
    mutating func peek() throws(Failure) -> Element? {
        if position == page.count, !isAtEnd {
            page = try fetch(page.last)
            position = 0
            isAtEnd = page.isEmpty
        }
        return position < page.count ? page[position] : nil
    }

    mutating func skip() { position += 1 }
}

/// The elements of two streams that have the same key, or the one that has no partner.
enum Pair<Left, Right> {
    case left(Left)
    case right(Right)
    case both(Left, Right)
}

struct MergeJoin<Left, Right, Key: Comparable> {
    private var left: PagedStream<Left>
    private var right: PagedStream<Right>
    private let leftKey: (Left) -> Key
    private let rightKey: (Right) -> Key

    /// - Precondition: in each stream, each key is greater than the one before.
    init(
        _ left: PagedStream<Left>, by leftKey: @escaping (Left) -> Key,
        _ right: PagedStream<Right>, by rightKey: @escaping (Right) -> Key
    ) {
        (self.left, self.right, self.leftKey, self.rightKey) = (left, right, leftKey, rightKey)
    }

    /// nil at the end of both streams.
    mutating func next() throws(Failure) -> Pair<Left, Right>? {
        switch (try left.peek(), try right.peek()) {
        case (nil, nil): return nil
        case (let left?, nil): return takeLeft(left)
        case (nil, let right?): return takeRight(right)
        case (let left?, let right?):
            let (leftKey, rightKey) = (leftKey(left), rightKey(right))
            if leftKey < rightKey { return takeLeft(left) }
            if rightKey < leftKey { return takeRight(right) }
            self.left.skip()
            self.right.skip()
            return .both(left, right)
        }
    }

    private mutating func takeLeft(_ element: Left) -> Pair<Left, Right> {
        left.skip()
        return .left(element)
    }

    private mutating func takeRight(_ element: Right) -> Pair<Left, Right> {
        right.skip()
        return .right(element)
    }
}

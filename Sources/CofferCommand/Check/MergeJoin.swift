// Two streams in the same order, side by side: how millions of rows are compared with millions of blobs in the memory
// of a page of each.

/// A stream that comes in pages; an empty page is its end.
struct PagedStream<Element> {
    private let fetch: (Element?) throws(Failure) -> [Element]
    private var page: [Element] = []
    private var position = 0
    private var isAtEnd = false

    /// - Parameter fetch: the page that follows an element, or the first one for nil.
    init(_ fetch: @escaping (Element?) throws(Failure) -> [Element]) { self.fetch = fetch }

    /// The next element, without taking it.
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

/// What two streams have at one place of their common order.
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

    /// - Precondition: in each stream keys rise from element to element.
    init(
        _ left: PagedStream<Left>, by leftKey: @escaping (Left) -> Key,
        _ right: PagedStream<Right>, by rightKey: @escaping (Right) -> Key
    ) {
        (self.left, self.right, self.leftKey, self.rightKey) = (left, right, leftKey, rightKey)
    }

    /// Nil at the end of both.
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

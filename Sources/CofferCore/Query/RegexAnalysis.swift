// Finds regular expressions (PostgreSQL's manual, 9.7.3) that match every text, such as `.*`, `^`, `(a|)` or an empty
// one, and those that match no text, such as `^$` or `(?!)`. An expression that the analysis does not understand counts
// as neither.

/// The result for texts of at least one character.
struct RegexAnalysis {
    let matchesEveryText: Bool
    let matchesNoText: Bool

    init(_ pattern: String) {
        var parser = RegexParser(pattern)
        let isUnderstood = parser.skipDirector() && parser.skipOptions()
        let branches = isUnderstood ? parser.branches(depth: 0) : [.unknown]
        let isWhole = parser.isAtEnd && !parser.isTooWide
        // To be safe, an expression with too many alternatives counts as matching every text.
        matchesEveryText = parser.isTooWide || isWhole && branches.contains { $0.matchesEveryText }
        matchesNoText = isWhole && branches.allSatisfy { $0.matchesNoText }
    }
}

/// An alternative of an expression.
private struct RegexBranch {
    var isAnchoredAtStart = false
    var isAnchoredAtEnd = false
    /// Has only anchors.
    var isEmpty = true
    /// Matches the empty text, apart from its anchors.
    var isNullable = true
    /// The number of pieces that match exactly one character of any kind, such as `.`.
    var wildcards = 0
    /// Has a piece that matches any text of any length, such as `.*`.
    var acceptsEveryText = false
    var isUnderstood = true

    static let unknown = RegexBranch(isEmpty: false, isNullable: false, isUnderstood: false)

    var needsText: Bool { wildcards > 0 || !isNullable }

    /// Without an anchor at one end, it is enough to match the empty text there, or one character of any kind.
    var matchesEveryText: Bool {
        guard isUnderstood, isNullable, wildcards <= 1 else { return false }
        return isAnchoredAtStart && isAnchoredAtEnd ? acceptsEveryText : true
    }

    var matchesNoText: Bool { isUnderstood && isEmpty && isAnchoredAtStart && isAnchoredAtEnd }

    /// This branch followed by another one. nil if no text matches both.
    func followed(by next: RegexBranch) -> RegexBranch? {
        if next.isAnchoredAtStart, needsText { return nil }
        if isAnchoredAtEnd, next.needsText { return nil }
        var both = self
        both.isAnchoredAtStart = isAnchoredAtStart || next.isAnchoredAtStart
        both.isAnchoredAtEnd = isAnchoredAtEnd || next.isAnchoredAtEnd
        both.isEmpty = isEmpty && next.isEmpty
        both.isNullable = isNullable && next.isNullable
        both.wildcards += next.wildcards
        both.acceptsEveryText = acceptsEveryText || next.acceptsEveryText
        both.isUnderstood = isUnderstood && next.isUnderstood
        return both
    }

    /// The alternatives of this piece with its quantifier.
    func quantified(mayBeAbsent: Bool, mayRepeat: Bool) -> [RegexBranch] {
        var repeated = self
        if mayRepeat, wildcards > 0, isNullable { repeated.acceptsEveryText = true }
        let absent = RegexBranch(isEmpty: false, acceptsEveryText: repeated.acceptsEveryText)
        return mayBeAbsent ? [repeated, absent] : [repeated]
    }
}

private struct RegexParser {
    private var rest: Substring
    /// The expression has too many alternatives, or is nested too deeply.
    private(set) var isTooWide = false

    init(_ pattern: String) { rest = pattern[...] }

    var isAtEnd: Bool { rest.isEmpty }

    /// Skips `***:`, which changes nothing. False for `***=` before a literal text.
    mutating func skipDirector() -> Bool { take("***:") || (take("***=") ? isAtEnd : !rest.hasPrefix("***")) }

    /// Skips options at the beginning, such as `(?i)`. False if they change the syntax of the expression.
    mutating func skipOptions() -> Bool {
        guard rest.hasPrefix("(?"), let end = rest.firstIndex(of: ")") else { return true }
        let letters = rest[..<end].dropFirst(2)
        guard !letters.isEmpty, letters.allSatisfy({ $0.isASCII && $0.isLetter }) else { return true }
        rest = rest[rest.index(after: end)...]
        return !letters.contains { "bqe".contains($0) }
    }

    /// The alternatives up to the end or a closing parenthesis, without those that match no text.
    mutating func branches(depth: Int) -> [RegexBranch] {
        guard depth < 32 else {
            isTooWide = true
            rest = ""
            return []
        }
        var branches = branch(depth: depth)
        while take("|") { branches += branch(depth: depth) }
        return branches
    }

    /// A sequence of pieces. Groups with alternatives make several branches of it.
    private mutating func branch(depth: Int) -> [RegexBranch] {
        var branches = [RegexBranch()]
        while let next = rest.first, next != "|", next != ")" {
            let pieces = piece(depth: depth)
            branches = branches.flatMap { branch in pieces.compactMap { branch.followed(by: $0) } }
            if branches.count > 64 { isTooWide = true }
            branches = Array(branches.prefix(64))
        }
        return branches
    }

    private mutating func piece(depth: Int) -> [RegexBranch] {
        switch rest.removeFirst() {
        case "^": return [RegexBranch(isAnchoredAtStart: true)]
        case "$": return [RegexBranch(isAnchoredAtEnd: true)]
        case ".": return quantified([Self.wildcard])
        case "(": return group(depth: depth)
        case "[": return quantified([isEveryClass() ? Self.wildcard : Self.literal])
        case "\\":
            switch rest.popFirst() {
            case "A": return [RegexBranch(isAnchoredAtStart: true)]
            case "Z": return [RegexBranch(isAnchoredAtEnd: true)]
            // A class, a constraint or a back reference. A quantifier may make it optional.
            default: return quantified([Self.literal])
            }
        default: return quantified([Self.literal])
        }
    }

    private static let wildcard = RegexBranch(isEmpty: false, wildcards: 1)
    private static let literal = RegexBranch(isEmpty: false, isNullable: false)

    private mutating func group(depth: Int) -> [RegexBranch] {
        let (isAhead, isNotAhead) = (take("?="), take("?!"))
        if !isAhead, !isNotAhead, rest.hasPrefix("?"), !take("?:") {
            // Lookbehind, and unknown syntax.
            _ = branches(depth: depth + 1)
            return take(")") ? [.unknown] : []
        }
        let inner = branches(depth: depth + 1)
        guard take(")") else { return [.unknown] }
        // A lookahead that matches every text holds before the first character at least.
        if isAhead { return inner.contains { $0.matchesEveryText } ? [RegexBranch(isEmpty: false)] : [.unknown] }
        if isNotAhead {
            if inner.allSatisfy({ $0.matchesNoText }) { return [RegexBranch(isEmpty: false)] }
            return inner.contains { $0.isEmpty && $0.matchesEveryText } ? [] : [.unknown]
        }
        return quantified(inner)
    }

    /// The alternatives of a piece and the quantifier after it.
    private mutating func quantified(_ pieces: [RegexBranch]) -> [RegexBranch] {
        let (mayBeAbsent, mayRepeat) = quantifier()
        return pieces.flatMap { $0.quantified(mayBeAbsent: mayBeAbsent, mayRepeat: mayRepeat) }
    }

    /// Whether the piece may be absent, and whether it may repeat without limit.
    private mutating func quantifier() -> (mayBeAbsent: Bool, mayRepeat: Bool) {
        defer { _ = take("?") }
        if take("*") { return (true, true) }
        if take("+") { return (false, true) }
        if take("?") { return (true, false) }
        guard rest.hasPrefix("{"), let end = rest.firstIndex(of: "}") else { return (false, false) }
        let bounds = rest[..<end].dropFirst().split(separator: ",", omittingEmptySubsequences: false)
        rest = rest[rest.index(after: end)...]
        return (Int(bounds[0]) == 0, bounds.count == 2 && bounds[1].isEmpty)
    }

    /// Reads a bracket expression after its `[`. True if it matches every character, as `[\s\S]` does.
    private mutating func isEveryClass() -> Bool {
        for every in ["\\s\\S]", "\\S\\s]", "\\d\\D]", "\\D\\d]", "\\w\\W]", "\\W\\w]"] where take(every) {
            return true
        }
        _ = take("^")
        _ = take("]")
        while let next = rest.popFirst(), next != "]" {
            if next == "\\" { _ = rest.popFirst() }
            // A named class in the brackets: `[:alpha:]`.
            if next == "[", let mark = rest.first, ":.=".contains(mark) {
                while !rest.isEmpty, !take("\(mark)]") { rest.removeFirst() }
            }
        }
        return false
    }

    private mutating func take(_ text: String) -> Bool {
        guard rest.hasPrefix(text) else { return false }
        rest.removeFirst(text.count)
        return true
    }
}

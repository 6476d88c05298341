// The form of a regular expression (PostgreSQL's manual, 9.7.3), as far as it shows that every text matches, or none:
// `.*`, an empty one, `^`, `(a|)`; `^$`, `(?!)`. Of what is not understood neither is said.

/// For texts of at least one character.
struct RegexAnalysis {
    let matchesEveryText: Bool
    let matchesNoText: Bool

    init(_ pattern: String) {
        var parser = RegexParser(pattern)
        let isUnderstood = parser.skipDirector() && parser.skipOptions()
        let branches = isUnderstood ? parser.branches(depth: 0) : [.unknown]
        let isWhole = parser.isAtEnd && !parser.isTooWide
        // What is too much to follow is not worth a risk.
        matchesEveryText = parser.isTooWide || isWhole && branches.contains { $0.matchesEveryText }
        matchesNoText = isWhole && branches.allSatisfy { $0.matchesNoText }
    }
}

/// One alternative of an expression.
private struct RegexBranch {
    var isAnchoredAtStart = false
    var isAnchoredAtEnd = false
    /// Has no piece but anchors.
    var isEmpty = true
    /// Matches the empty text, anchors aside.
    var isNullable = true
    /// Pieces that need one character and take any, as `.`.
    var wildcards = 0
    /// Has a piece that takes text of any length, as `.*`.
    var acceptsEveryText = false
    var isUnderstood = true

    static let unknown = RegexBranch(isEmpty: false, isNullable: false, isUnderstood: false)

    var needsText: Bool { wildcards > 0 || !isNullable }

    /// Unanchored at one end it is enough to match the empty text there, or one character of any kind.
    var matchesEveryText: Bool {
        guard isUnderstood, isNullable, wildcards <= 1 else { return false }
        return isAnchoredAtStart && isAnchoredAtEnd ? acceptsEveryText : true
    }

    var matchesNoText: Bool { isUnderstood && isEmpty && isAnchoredAtStart && isAnchoredAtEnd }

    /// This and then the other one; nil where no text matches both.
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

    /// This piece with its quantifier, as alternatives.
    func quantified(mayBeAbsent: Bool, mayRepeat: Bool) -> [RegexBranch] {
        var repeated = self
        if mayRepeat, wildcards > 0, isNullable { repeated.acceptsEveryText = true }
        return [repeated] + (mayBeAbsent ? [RegexBranch(isEmpty: false, acceptsEveryText: repeated.acceptsEveryText)] : [])
    }
}

private struct RegexParser {
    private var rest: Substring
    /// There were more alternatives than are followed.
    private(set) var isTooWide = false

    init(_ pattern: String) { rest = pattern[...] }

    var isAtEnd: Bool { rest.isEmpty }

    /// `***:`, which changes nothing; false for `***=` with a literal text behind it.
    mutating func skipDirector() -> Bool { take("***:") || (take("***=") ? isAtEnd : !rest.hasPrefix("***")) }

    /// `(?i)` and the like at the beginning; false where they change what an expression is.
    mutating func skipOptions() -> Bool {
        guard rest.hasPrefix("(?"), let end = rest.firstIndex(of: ")") else { return true }
        let letters = rest[..<end].dropFirst(2)
        guard !letters.isEmpty, letters.allSatisfy({ $0.isASCII && $0.isLetter }) else { return true }
        rest = rest[rest.index(after: end)...]
        return !letters.contains { "bqe".contains($0) }
    }

    /// Alternatives up to the end or a closing parenthesis, without those that no text matches.
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

    /// Pieces in a row; several where some of them are groups of alternatives.
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
            // A class, a constraint or a reference; with a quantifier it may still be left out.
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
            // Looks behind, and what may come.
            _ = branches(depth: depth + 1)
            return take(")") ? [.unknown] : []
        }
        let inner = branches(depth: depth + 1)
        guard take(")") else { return [.unknown] }
        // What matches every text stands ahead of the first character at least.
        if isAhead { return inner.contains { $0.matchesEveryText } ? [RegexBranch(isEmpty: false)] : [.unknown] }
        if isNotAhead {
            if inner.allSatisfy({ $0.matchesNoText }) { return [RegexBranch(isEmpty: false)] }
            return inner.contains { $0.isEmpty && $0.matchesEveryText } ? [] : [.unknown]
        }
        return quantified(inner)
    }

    /// The alternatives of a piece with the quantifier that follows.
    private mutating func quantified(_ pieces: [RegexBranch]) -> [RegexBranch] {
        let (mayBeAbsent, mayRepeat) = quantifier()
        return pieces.flatMap { $0.quantified(mayBeAbsent: mayBeAbsent, mayRepeat: mayRepeat) }
    }

    /// Whether the piece may be left out, and whether it may be repeated without end.
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

    /// Reads a bracket expression behind its `[`; whether it takes every character, as `[\s\S]`.
    private mutating func isEveryClass() -> Bool {
        for every in ["\\s\\S]", "\\S\\s]", "\\d\\D]", "\\D\\d]", "\\w\\W]", "\\W\\w]"] where take(every) {
            return true
        }
        _ = take("^")
        _ = take("]")
        while let next = rest.popFirst(), next != "]" {
            if next == "\\" { _ = rest.popFirst() }
            // A named class within: `[:alpha:]`.
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

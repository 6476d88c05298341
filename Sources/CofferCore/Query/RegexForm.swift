// The form of a regular expression (PostgreSQL's manual, 9.7.3), as far as it shows that every text matches: `.*`, an
// empty one, `^`, `(a|)`. What is not understood is taken for one that some text does not match.

struct RegexForm {
    /// Whether every text of at least one character matches.
    let matchesEveryText: Bool

    init(_ pattern: String) {
        var parser = RegexParser(pattern)
        parser.skipOptions()
        let branches = parser.branches(depth: 0)
        matchesEveryText = parser.isAtEnd && branches.contains { $0.matchesEveryText }
    }
}

/// One alternative of an expression.
private struct Branch {
    var isAnchoredAtStart = false
    var isAnchoredAtEnd = false
    /// Matches the empty text, anchors aside.
    var isNullable = true
    /// Pieces that need one character and take any, as `.`.
    var wildcards = 0
    /// Has a piece that takes text of any length, as `.*`.
    var takesAll = false
    var isUnderstood = true

    /// Unanchored at one end it is enough to match the empty text there, or one character of any kind.
    var matchesEveryText: Bool {
        guard isUnderstood, isNullable, wildcards <= 1 else { return false }
        return isAnchoredAtStart && isAnchoredAtEnd ? takesAll : true
    }
}

private struct RegexParser {
    private var rest: Substring

    init(_ pattern: String) { rest = pattern[...] }

    var isAtEnd: Bool { rest.isEmpty }

    /// `(?i)` and the like at the beginning.
    mutating func skipOptions() {
        guard rest.hasPrefix("(?"), let end = rest.firstIndex(of: ")") else { return }
        let letters = rest[..<end].dropFirst(2)
        guard !letters.isEmpty, letters.allSatisfy({ $0.isASCII && $0.isLetter }) else { return }
        rest = rest[rest.index(after: end)...]
    }

    /// Alternatives up to the end or a closing parenthesis.
    mutating func branches(depth: Int) -> [Branch] {
        guard depth < 16 else { return [] }
        var branches = [branch(depth: depth)]
        while take("|") { branches.append(branch(depth: depth)) }
        return branches
    }

    private mutating func branch(depth: Int) -> Branch {
        var branch = Branch()
        while let next = rest.first, next != "|", next != ")" {
            rest.removeFirst()
            switch next {
            case "^": branch.isAnchoredAtStart = true
            case "$": branch.isAnchoredAtEnd = true
            case ".": add(isAny: true, isNullable: false, takesAll: false, to: &branch)
            case "(": group(depth: depth, to: &branch)
            case "[": add(isAny: isEveryClass(), isNullable: false, takesAll: false, to: &branch)
            case "\\":
                switch rest.popFirst() {
                case "A": branch.isAnchoredAtStart = true
                case "Z": branch.isAnchoredAtEnd = true
                // A class, a constraint or a reference; with a quantifier it may still be left out.
                default: add(isAny: false, isNullable: false, takesAll: false, to: &branch)
                }
            default: add(isAny: false, isNullable: false, takesAll: false, to: &branch)
            }
        }
        return branch
    }

    private mutating func group(depth: Int, to branch: inout Branch) {
        if rest.hasPrefix("?"), !take("?:") { branch.isUnderstood = false }
        let inner = branches(depth: depth + 1)
        guard take(")") else {
            branch.isUnderstood = false
            return
        }
        let free = inner.filter { $0.isUnderstood && !$0.isAnchoredAtStart && !$0.isAnchoredAtEnd && $0.isNullable }
        add(
            isAny: free.contains { $0.wildcards == 1 }, isNullable: free.contains { $0.wildcards == 0 },
            takesAll: free.contains { $0.takesAll }, to: &branch)
    }

    /// Adds a piece with the quantifier that follows.
    private mutating func add(isAny: Bool, isNullable: Bool, takesAll: Bool, to branch: inout Branch) {
        let (mayBeAbsent, mayRepeat) = quantifier()
        if takesAll || isAny && mayRepeat { branch.takesAll = true }
        if isNullable || mayBeAbsent { return }
        if isAny { branch.wildcards += 1 } else { branch.isNullable = false }
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

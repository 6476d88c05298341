// The grammar of groups: `and=(…)` and `or=(…)`, nested, and with `not.` before them.

extension QueryParser {
    /// The deepest nesting of groups. The limit protects the stack.
    static let maximumDepth = 32

    /// `and(…)`, `or(…)`, `not.and(…)` or `not.or(…)`, up to the end.
    mutating func group(of relation: Relation) throws(Failure) -> Condition {
        guard let group = try group(of: relation, depth: 1) else { throw expected("logic operator (and, or)") }
        guard isAtEnd else { throw expected("end of input") }
        return group
    }

    /// nil if no group begins here.
    private mutating func group(of relation: Relation, depth: Int) throws(Failure) -> Condition? {
        let start = self
        let isNegated = take("not.")
        guard let connective = Condition.Connective(rawValue: word()) else {
            self = start
            return nil
        }
        skipSpaces()
        guard take("(") else { throw expected("\"(\"") }
        guard depth <= Self.maximumDepth else {
            throw start.refused("groups are nested deeper than \(Self.maximumDepth)")
        }
        var members: [Condition] = []
        repeat {
            skipSpaces()
            members.append(try condition(of: relation, depth: depth))
            skipSpaces()
        } while take(",")
        guard take(")") else { throw expected("\",\" or \")\"") }
        return .group(connective, isNegated: isNegated, members)
    }

    private mutating func condition(of relation: Relation, depth: Int) throws(Failure) -> Condition {
        if let group = try group(of: relation, depth: depth + 1) { return group }
        let column = try column(
            of: relation, expecting: "a column name, negation operator (not) or logic operator (and, or)")
        guard take(".") else { throw expected("\".\"") }
        return .filter(try filter(column, in: .group))
    }
}

// The query string, for every relation and role. Lines: the query, the Range header, the body of a PATCH.

internal import Text

private let relations = Role.allCases.flatMap { [Relation.files(for: $0), .users(for: $0), .auditLog(for: $0)] }

private let refusals: Set<Failure.Kind> = [
    .querySyntax, .unknownColumn, .notEmbedded, .invalidValue, .outOfRange, .unsuitableType, .unsuitableCast,
]

private let changeRefusals: Set<Failure.Kind> = [
    .querySyntax, .invalidBody, .unknownBodyColumn, .forbidden, .filePathRule, .invalidValue, .missingValue,
    .brokenRule,
]

func fuzzQuery(_ input: [UInt8]) {
    let lines = lines(input)
    guard let text = lines.first,
        let parameters = attempt([.querySyntax], { () throws(Failure) in try QueryParameters(text) })
    else { return }
    checkEncoding(of: parameters)
    let body = lines.count > 2 ? try? JSON(Array(lines[2].utf8)) : nil
    for relation in relations {
        guard let query = attempt(refusals, { () throws(Failure) in try TableQuery(parameters, relation: relation) })
        else {
            continue
        }
        check(query, range: lines.count > 1 ? lines[1] : nil)
        guard let body else { continue }
        let changes = attempt(changeRefusals) { () throws(Failure) in
            try PatchBody(body: body, columns: parameters["columns"], relation: relation)
        }
        if let changes { check(query, changes) }
    }
}

private func checkEncoding(of parameters: QueryParameters) {
    let text = parameters.pairs.map { PercentCoding.encode($0.name) + "=" + PercentCoding.encode($0.value) }
        .joined(separator: "&")
    guard let again = try? QueryParameters(text) else { fatalError("not decoded: \(text)") }
    let isSame = again.pairs.elementsEqual(parameters.pairs) {
        isEqual($0.name, $1.name) && isEqual($0.value, $1.value)
    }
    require(isSame, "other parameters: \(text)")
}

private func check(_ query: TableQuery, range: String?) {
    let rowRange = attempt([.rangeNotSatisfiable]) { () throws(Failure) in
        try query.rowRange(range: range, maximum: 1000)
    }
    if let rowRange {
        require((0...1000).contains(rowRange.limit) && rowRange.offset >= 0, "the range \(rowRange)")
        _ = rowRange.contentRange(rows: rowRange.limit, total: nil)
        check(query.select(rowRange, as: .json, counting: true), of: query)
        check(query.select(rowRange, as: .csv, counting: false), of: query)
    }
    check(query.delete(as: .json), of: query)
    let names = query.selection.map { Array($0.name.utf8) }
    require(!names.isEmpty && Set(names).count == names.count, "two columns of one name")
    _ = (query.isSelective, query.isSearch)
}

private func check(_ query: TableQuery, _ changes: PatchBody) {
    for assignment in changes.assignments {
        require(query.relation.writable.contains(assignment.column), "\(assignment.column.name) is set")
    }
    for format in [Format.json, .csv] { check(query.update(changes, as: format), of: query) }
}

extension Relation {
    fileprivate var names: Set<String> { Set([name] + (columns + writable).map(\.name)) }
}

private func check(_ statement: BoundSQL, of query: TableQuery) {
    let flaw = StatementAudit.flaw(
        in: statement.text, parameters: statement.values.count, names: query.relation.names)
    require(flaw == nil, flaw ?? "")
    require(statement.values.allSatisfy { $0?.utf8.contains(0) != true }, "a zero byte is bound")
}

// Helpers that parse a query string and return a part of it.

import Text

@testable import CofferCore

let editorFiles = Relation.files(for: .editor)
let adminFiles = Relation.files(for: .admin)

func query(_ text: String, of relation: Relation = editorFiles) throws(Failure) -> TableQuery {
    try TableQuery(QueryParameters(text), relation: relation)
}

/// `name=value` with the value percent-encoded.
func query(_ name: String, _ value: String, of relation: Relation = editorFiles) throws(Failure) -> TableQuery {
    try query("\(name)=\(PercentCoding.encode(value))", of: relation)
}

/// The error that refuses a query.
func refusal(_ name: String, _ value: String, of relation: Relation = editorFiles) -> Failure? {
    refusal { () throws(Failure) in try query(name, value, of: relation) }
}

/// The only condition of a query.
func condition(_ name: String, _ value: String, of relation: Relation = editorFiles) throws(Failure) -> Condition? {
    let conditions = try query(name, value, of: relation).conditions
    return conditions.count == 1 ? conditions[0] : nil
}

func place(_ subject: String, _ text: String, _ column: Int) -> String {
    "\"failed to parse \(subject) (\(text))\" (line 1, column \(column))"
}

extension Relation {
    /// A column that exists.
    subscript(_ name: String) -> Column {
        guard let column = columns.first(where: { $0.name == name }) else { fatalError("no column \(name)") }
        return column
    }
}

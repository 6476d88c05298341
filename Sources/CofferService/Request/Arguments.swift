// The arguments of a function: a JSON object in the body, or the query parameters of a GET.

internal import CofferCore
internal import Postgres

extension Request {
    /// The longest body of JSON, in bytes.
    private static let maximumBody = 65_536

    /// The arguments of the function in the order of its parameters. Each has been checked for its kind.
    ///
    /// - Throws: `Failure` PGRST102 for a body that is not a JSON object, KF014 for an argument that is unknown,
    ///   missing or of the wrong kind.
    func arguments() throws(Failure) -> [Parameter] {
        let expected = route.arguments
        let given = method == .post ? try bodyMembers() : try queryMembers()
        if let other = given.keys.sorted().first(where: { name in !expected.contains { $0.name == name } }) {
            throw Failure(.invalidArgument, "The argument '\(other)' is unknown")
        }
        var parameters: [Parameter] = []
        for argument in expected { parameters.append(try argument.parameter(given[argument.name] ?? .null)) }
        return parameters
    }

    /// The arguments in the body, which may be empty if none is required. A query would have no effect, so it is
    /// refused.
    private func bodyMembers() throws(Failure) -> [String: JSON] {
        if let (name, _) = try parameters().pairs.first {
            throw Failure(
                .invalidArgument, "The parameter '\(name)' is unknown", hint: "Arguments are sent in the body")
        }
        let body = try body()
        if body.isEmpty, !route.arguments.contains(where: \.isRequired) { return [:] }
        guard case .object(let members) = try json(body) else { throw Failure(.invalidBody) }
        return members
    }

    /// The arguments in the query. `limit` is another name of `p_limit`, as clients know it from tables.
    private func queryMembers() throws(Failure) -> [String: JSON] {
        var members: [String: JSON] = [:]
        for (name, text) in try parameters().pairs {
            let name = name == "limit" ? "p_limit" : name
            guard members[name] == nil else {
                throw Failure(.invalidArgument, "The argument '\(name)' is given twice")
            }
            let kind = route.arguments.first { $0.name == name }?.kind
            members[name] = kind == .integer ? .number(text) : .string(text)
        }
        return members
    }

    /// The body as JSON.
    ///
    /// - Throws: `Failure` PGRST102 for another Content-Type and for malformed JSON, KF005 for more than 64 KiB.
    func json() throws(Failure) -> JSON { try json(body()) }

    private func json(_ body: [UInt8]) throws(Failure) -> JSON {
        if let type = try text(.contentType), MediaType.essence(type) != MediaType.json {
            throw Failure(.invalidBody, "Content-Type not acceptable: \(type)")
        }
        guard let json = try? JSON(body) else { throw Failure(.invalidBody) }
        return json
    }

    private func body() throws(Failure) -> [UInt8] {
        var body: [UInt8] = []
        try readBody(into: &body, upTo: Self.maximumBody + 1)
        guard body.count <= Self.maximumBody else {
            throw Failure(.tooLarge, details: "The limit is \(Self.maximumBody) bytes")
        }
        return body
    }
}

extension Argument {
    fileprivate func parameter(_ value: JSON) throws(Failure) -> Parameter {
        if value == .null, !isRequired { return .null }
        switch kind {
        case .text:
            guard let text = value.string else { throw refusal("must be given as a string") }
            // PostgreSQL's type text cannot hold it.
            guard !text.utf8.contains(0) else { throw refusal("must not contain U+0000") }
            return .text(text)
        case .uuid:
            guard let text = value.string, isUUID(text.lowercased()) else { throw refusal("must be given as a UUID") }
            return .text(text)
        case .timestamp:
            guard let text = value.string, isTimestamp(text[...]) else {
                throw refusal("must be a time, such as 2026-11-24T09:30:00Z")
            }
            return .text(text)
        case .integer:
            guard let number = value.integer else { throw refusal("must be a whole number") }
            return .integer(number)
        }
    }

    private func refusal(_ problem: String) -> Failure {
        Failure(.invalidArgument, "The argument '\(name)' \(problem)")
    }
}

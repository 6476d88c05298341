// The responses of an operation: its successes, and its failures, grouped by status, with their codes.

internal import CofferCore

/// The response for all failures of an operation with the same status.
struct FailureResponse: Hashable {
    let status: Int
    let kinds: [Failure.Kind]

    /// The failures grouped by status, in ascending order.
    static func grouped(_ kinds: [Failure.Kind]) -> [FailureResponse] {
        let statuses = Set(kinds.map(\.status)).sorted()
        return statuses.map { status in FailureResponse(status: status, kinds: kinds.filter { $0.status == status }) }
    }

    /// The name of the component, if the response is one.
    var component: String { kinds.map(\.rawValue).joined(separator: "_") }

    private var text: String {
        let lines = kinds.map { "- `\($0.rawValue)` \($0.text)" }
        return "\(reasonPhrase(status))\n\n" + lines.joined(separator: "\n")
    }

    private var fields: [AnswerField] {
        switch status {
        case 401: [.requestID, .authenticate]
        case 405: [.requestID, .allow]
        case 416: [.requestID, .contentRange]
        case 429, 503: [.requestID, .retryAfter]
        default: [.requestID]
        }
    }

    private func head(_ text: String) -> OrderedJSON {
        ["description": .string(text), "headers": .members(fields.map(\.reference))]
    }

    /// The response to HEAD, which has no body.
    var head: OrderedJSON {
        head("\(reasonPhrase(status)): " + kinds.map(\.rawValue).joined(separator: ", "))
    }

    var json: OrderedJSON {
        let codes = OrderedJSON.array(kinds.map { .string($0.rawValue) })
        let schema = .reference("schemas", "Error") + ["properties": ["code": ["enum": codes]]]
        let examples = kinds.map { ($0.rawValue, OrderedJSON.reference("examples", $0.rawValue)) }
        let content: OrderedJSON = ["schema": schema, "examples": .members(examples)]
        return head(text) + ["content": .members([(MediaType.json, content)])]
    }

    /// The components of the kind `examples`.
    static var examples: OrderedJSON {
        .members(
            Failure.Kind.allCases.map { kind in
                let value: OrderedJSON = [
                    "code": .string(kind.rawValue), "details": nil, "hint": nil, "message": .string(kind.text),
                ]
                return (kind.rawValue, ["summary": .string(kind.text), "value": value])
            })
    }
}

extension Success {
    var json: OrderedJSON {
        let head: OrderedJSON = [
            "description": .string(text), "headers": .members(([.requestID] + fields).map(\.reference)),
        ]
        guard !content.isEmpty else { return head }
        let content = content.map { content in
            let schema = content.schema.map { [("schema", $0)] } ?? []
            return (content.type, OrderedJSON.members(schema + [("example", content.example)]))
        }
        return head + ["content": .members(content)]
    }
}

extension Route {
    /// The responses that are components: those of more than one operation, and those outside of all routes.
    static var sharedFailures: [FailureResponse] {
        var counts: [FailureResponse: Int] = [:]
        var order = FailureResponse.grouped(outsideOfRoutes)
        for response in order { counts[response] = 2 }
        for route in allCases {
            for method in route.methods where method != .head {
                for response in FailureResponse.grouped(route.failures(of: method)) {
                    counts[response, default: 0] += 1
                    if counts[response] == 1 { order.append(response) }
                }
            }
        }
        return order.filter { counts[$0, default: 0] > 1 }.sorted {
            ($0.status, $0.component) < ($1.status, $1.component)
        }
    }

    func responses(of method: Method, sharing shared: Set<FailureResponse>) -> OrderedJSON {
        let successes = successes(of: method).map { (String($0.status), $0.json) }
        let failures = FailureResponse.grouped(failures(of: method)).map { response in
            let json =
                method == .head
                ? response.head
                : shared.contains(response) ? .reference("responses", response.component) : response.json
            return (String(response.status), json)
        }
        return .members(successes + failures)
    }
}

// Request bodies: the arguments of a function, the changes of a PATCH, the content of a file.

internal import CofferCore

extension Route {
    /// nil if the method takes no body.
    func requestBody(of method: Method) -> OrderedJSON? {
        switch (self, method) {
        case (.storeFile, _) where method == .post: content
        case (.uploads, .post), (.upload, .patch): Self.piece
        case (.files, .patch): changes("FileChanges", ["description": RunningExample.description])
        case (.users, .patch): changes("UserChanges", ["quota_bytes": RunningExample.quota])
        case (.logout, _): nil
        case (_, .post): call
        default: nil
        }
    }

    private var content: OrderedJSON {
        [
            "description":
                .string(
                    "The content of the file, of any size. It is stored unchanged, so forms, parts of a file and a "
                        + "`Content-Encoding` are refused. Its `Content-Type` becomes the file's media type. Without "
                        + "it, or with `application/octet-stream`, the path's extension decides."),
            "content": ["*/*": ["schema": [:], "example": RunningExample.content]],
        ]
    }

    private func changes(_ schema: String, _ example: OrderedJSON) -> OrderedJSON {
        ["required": true, "content": .json(.reference("schemas", schema), example)]
    }

    /// The arguments as members of one object.
    private var call: OrderedJSON {
        let properties = arguments.map { argument in
            var facts = facts(argument)
            facts.isNullable = !argument.isRequired
            let (type, format) = argument.kind.jsonType
            return (argument.name, facts.schema(type: type, format: format))
        }
        let required = arguments.filter(\.isRequired).map { OrderedJSON.string($0.name) }
        let schema: OrderedJSON =
            ["type": "object", "properties": .members(properties)]
            + (required.isEmpty ? [:] : ["required": .array(required)]) + ["additionalProperties": false]
        let example = OrderedJSON.members(arguments.map { ($0.name, facts($0).example) })
        return ["required": .bool(!required.isEmpty), "content": .json(schema, example)]
    }
}

extension OrderedJSON {
    /// The content of a JSON body.
    static func json(_ schema: OrderedJSON, _ example: OrderedJSON) -> OrderedJSON {
        .members([(MediaType.json, .members([("schema", schema), ("example", example)]))])
    }
}

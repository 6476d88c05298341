// The description of the HTTP API (OpenAPI Specification 3.1). It is made from the tables that also serve requests:
// routes, arguments, columns, failures. It is made at each call, so a worker does not spend start-up time on it.

internal import CofferCore

/// The description of the HTTP API.
public enum OpenAPI {
    /// The document as JSON. Equal arguments give equal bytes.
    ///
    /// - Parameters:
    ///   - basePath: the prefix of all paths, without a slash at its end.
    ///   - version: the version of Coffer.
    public static func document(basePath: String, version: String) -> String {
        let document: OrderedJSON = [
            "openapi": "3.1.0",
            "info": info(version),
            "servers": [["url": .string(basePath.isEmpty ? "/" : basePath)]],
            "tags": OperationTag.all,
            "security": [["bearer": []], ["cookie": []]],
            "paths": paths,
            "components": components,
        ]
        return document.text
    }

    private static func info(_ version: String) -> OrderedJSON {
        [
            "title": "Coffer",
            "version": .string(version),
            "summary": "Private storage for files.",
            "description": .string(introduction),
            "license": ["name": "MIT", "identifier": "MIT"],
        ]
    }

    private static var paths: OrderedJSON {
        let shared = Set(Route.sharedFailures)
        return .members(
            Route.allCases.map { route in
                let operations = route.methods.map { method in
                    (method.rawValue.lowercased(), route.operation(method, sharing: shared))
                }
                // OPTIONS, which every route has, comes last.
                return (route.path, .members(Array(operations.dropFirst()) + operations.prefix(1)))
            })
    }

    private static var components: OrderedJSON {
        [
            "securitySchemes": securitySchemes,
            "schemas": Schemas.all,
            "parameters": parameters,
            "headers": AnswerField.all,
            "responses": .members(Route.sharedFailures.map { ($0.component, $0.json) }),
            "examples": FailureResponse.examples,
        ]
    }

    private static var securitySchemes: OrderedJSON {
        [
            "bearer": [
                "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                "description": "The token from the answer of `/rpc/login`.",
            ],
            "cookie": [
                "type": "apiKey", "in": "cookie", "name": "__Host-coffer",
                "description": .string(
                    "Set by `/rpc/login` with `Prefer: session=cookie`. Changes must then come from the same origin. "
                        + "A Bearer token takes precedence. Over plain HTTP on a loopback address the cookie's name is "
                        + "`coffer`."),
            ],
            "metrics": [
                "type": "http", "scheme": "bearer",
                "description": "The token of `COFFER_METRICS_TOKEN`, for `/metrics` alone.",
            ],
        ]
    }

    private static var parameters: OrderedJSON {
        var names: Set<String> = []
        var all: [(String, OrderedJSON)] = []
        for route in Route.allCases {
            for parameter in route.methods.flatMap(route.parameters) where names.insert(parameter.component).inserted {
                all.append((parameter.component, parameter.json))
            }
        }
        return .members(all)
    }

    private static let introduction = """
        Private file storage. Users store, find, download and delete their own files. An admin manages accounts and \
        sees the metadata of all files, but no user can read another user's files.

        ```sh
        token=$(curl -s $SITE/rpc/login --json '{"email":"ada@example.org","password":"correct horse battery"}' \
        -H 'Accept: application/vnd.pgrst.object+json' | jq -r .token)
        curl $SITE/rpc/store_file -H "Authorization: Bearer $token" -H 'File-Path: letters/hello.txt' \
        --data-binary @hello.txt
        curl "$SITE/files?file_path=like.letters/*&order=updated_at.desc" -H "Authorization: Bearer $token"
        curl "$SITE/rpc/retrieve_file?p_file_path=letters/hello.txt" -H "Authorization: Bearer $token"
        ```

        **Tables** (`/files`, `/users`, `/sessions`, `/audit_log`) follow the conventions of PostgREST, so its clients work: \
        filters, `select`, `order`, `limit`, `Range`, `Prefer`. `Accept: application/vnd.pgrst.object+json` answers \
        with one object instead of an array, and fails unless there is exactly one; `Accept: text/csv` gives CSV; \
        `;nulls=stripped` after either `application/vnd.pgrst` type omits members that are null. \
        **Functions** (`/rpc/…`) take a JSON object.

        **Errors** always have the same four keys; `code` is for programs. The status of an unknown path is \
        404, that of an unknown method 405, with `Allow`. **HEAD** has the answer of GET without its body.

        A **file path** is unique for its user: at most 1,024 bytes of UTF-8, kept in NFC, `/` between folders, no \
        segment over 255 bytes, no empty segment, no `.` or `..`, no control character, no backslash, no slash at \
        either end.
        """
}

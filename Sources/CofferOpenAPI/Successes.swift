// The responses of each operation if nothing fails.

internal import CofferCore

/// A response that is not an error.
struct Success {
    struct Content {
        let type: String
        /// nil for the content of a file. Even an empty schema would make programs parse the bytes by their media type.
        let schema: OrderedJSON?
        let example: OrderedJSON
    }

    let status: Int
    let text: String
    var fields: [AnswerField]
    var content: [Content] = []

    init(_ status: Int, _ text: String, _ fields: [AnswerField] = [], _ content: [Content] = []) {
        self.status = status
        self.text = text
        self.fields = fields
        self.content = content
    }

    /// The response without its body.
    var head: Success { Success(status, text, fields) }
}

extension Route {
    func successes(of method: Method) -> [Success] {
        switch method {
        case .options:
            [Success(200, "The methods of this path.", [.allow])]
        case _ where isResumable: uploadSuccesses(method)
        // A HEAD of a file has no ranges (RFC 9110 §14.2).
        case .head: answers(to: .get).filter { self != .retrieveFile || $0.status != 206 }.map(\.head)
        default: answers(to: method)
        }
    }

    private func answers(to method: Method) -> [Success] {
        switch self {
        case .login:
            [
                Success(200, "The token.", [.cacheControl], .values("Token", example: Self.token)),
                Success(
                    204, "With `Prefer: session=cookie`: the cookie is set.",
                    [.setCookie, .preferenceApplied, .cacheControl]),
            ]
        case .logout: [Success(204, "The session has ended, and the cookie is removed.", [.setCookie])]
        case .changePassword:
            [Success(204, "The password is changed; your other sessions have ended.", [.cacheControl])]
        case .resetPassword: [Success(204, "The password is set; the user's sessions have ended.", [.cacheControl])]
        case .deleteUser: [Success(204, "The user and all their files are deleted.", [.cacheControl])]
        case .whoami:
            [
                Success(
                    200, "Your account and session.", [.cacheControl],
                    .value(.reference("schemas", "WhoAmI"), example: Self.whoAmI))
            ]
        case .moveFolder:
            [Success(200, "The number of files that were moved.", [.cacheControl], .value(Self.count, example: 1))]
        case .copy:
            [Success(200, "The number of files that were copied.", [.cacheControl], .value(Self.count, example: 1))]
        case .createFolder: [Success(204, "The folder is created.", [.cacheControl])]
        case .deleteFolder:
            [
                Success(
                    200, "The number of files that went to the trash.", [.cacheControl],
                    .value(Self.count, example: 1))
            ]
        case .restore:
            [
                Success(
                    200, "The file's id, or the number of files of the entry.", [.cacheControl],
                    .value(["oneOf": [Self.identifier, Self.count]], example: RunningExample.fileID))
            ]
        case .restoreFolder:
            [
                Success(
                    200, "What was done.", [.cacheControl],
                    .value(
                        .reference("schemas", "FolderRestored"), example: ["kept": 1, "restored": 1, "removed": 1]))
            ]
        case .createUser:
            [
                Success(
                    200, "The new user's id.", [.cacheControl], .value(Self.identifier, example: RunningExample.userID))
            ]
        case .storeFile:
            [
                Success(
                    200, "The file's id. The file is stored durably.", [.tag, .digest, .cacheControl],
                    [.json(Self.identifier, RunningExample.fileID)])
            ]
        case .retrieveFile: Self.download
        case .downloadFolder:
            [
                Success(
                    200, "The archive.", [.disposition, .acceptRanges, .cacheControl],
                    [Success.Content(type: MediaType.zip, schema: nil, example: "PK…")])
            ]
        case .listFolder:
            [
                Success(
                    200, "Folders first, then files, each by name.", [.contentRange, .link, .cacheControl],
                    [.json(["type": "array", "items": .reference("schemas", "FolderEntry")], [Self.entry])])
            ]
        case .files: rows(.files(for: .editor), "File", method)
        case .trash: rows(.trash(for: .editor), "TrashEntry", method)
        case .users: rows(.users(for: .editor), "User", method)
        case .sessions: rows(.sessions(for: .editor), "Session", method)
        case .auditLog: rows(.auditLog(for: .editor), "AuditEntry", method)
        case .uploads, .upload: uploadSuccesses(method)
        case .openAPI: [Success(200, "This document.", [], .description)]
        case .root:
            [
                Success(
                    200, "This document if `Accept` requests it, otherwise the web app's page.", [],
                    .description + [.init(type: "text/html", schema: ["type": "string"], example: "<!doctype html>")])
            ]
        case .live:
            [
                Success(
                    200, "The service answers.", [.cacheControl],
                    [.json(.reference("schemas", "Health"), ["status": "live"])])
            ]
        case .ready:
            [
                Success(
                    200, "Everything works.", [.cacheControl],
                    [.json(.reference("schemas", "Health"), ["status": "ready"])]
                )
            ]
        case .metrics:
            [
                Success(
                    200, "The figures.", [.cacheControl],
                    [
                        .init(
                            type: "text/plain", schema: ["type": "string"],
                            example: "# HELP coffer_files Files.\n# TYPE coffer_files gauge\ncoffer_files 1\n")
                    ])
            ]
        }
    }

    /// The rows that a method reads or changes.
    private func rows(_ relation: Relation, _ schema: String, _ method: Method) -> [Success] {
        let example = OrderedJSON.example(relation.columns, of: relation)
        let page = [Success.Content].values(schema, example: example)
        let csv = [Success.Content.csv(relation.columns.map(\.name), example)]
        if method == .get {
            let fields: [AnswerField] = [.contentRange, .contentLocation, .preferenceApplied, .cacheControl, .vary]
            return [
                Success(200, "The rows.", fields, page + csv),
                Success(206, "A part of the rows, if the request counts them.", fields, [page[0]] + csv),
            ]
        }
        let fields: [AnswerField] = [.contentRange, .preferenceApplied, .cacheControl]
        return [
            Success(
                200, "With `Prefer: return=representation`: the changed or deleted rows.", fields,
                page + csv),
            Success(204, "Done, even if no row matched; see `Content-Range`.", fields),
        ]
    }

    private static var download: [Success] {
        let validators: [AnswerField] = [.tag, .lastModified, .cacheControl]
        let fields = validators + [.digest, .disposition, .acceptRanges]
        let bytes = { (text: OrderedJSON) in [Success.Content(type: "*/*", schema: nil, example: text)] }
        return [
            Success(
                200, "The content: any bytes, with the file's media type.", fields,
                bytes(RunningExample.content)),
            Success(206, "A part of the content.", fields + [.contentRange], bytes("Hello")),
            Success(304, "Your copy is current.", validators),
        ]
    }

    private static let token: OrderedJSON = ["token": RunningExample.token]
    private static let identifier: OrderedJSON = ["type": "string", "format": "uuid"]
    private static let count: OrderedJSON = ["type": "integer", "format": "int64", "minimum": 0]
    private static let whoAmI: OrderedJSON = [
        "user_id": RunningExample.userID, "email": RunningExample.email, "role": "editor",
        "quota_bytes": RunningExample.quota, "used_bytes": RunningExample.size, "file_count": 1,
        "trash_bytes": 0, "version_bytes": 0, "session_expires_at": RunningExample.updated,
        "max_upload_bytes": RunningExample.uploadLimit,
        "trash_days": 30, "version_days": 30,
    ]
    private static var entry: OrderedJSON {
        let files = Relation.files(for: .editor)
        return ["name": RunningExample.name, "is_folder": false] + .example(files.columns, of: files)
            + ["file_count": nil, "cursor": RunningExample.cursor]
    }
}

extension Success.Content {
    fileprivate static func json(_ schema: OrderedJSON, _ example: OrderedJSON) -> Self {
        Self(type: MediaType.json, schema: schema, example: example)
    }

    /// CSV with a header line and one row.
    fileprivate static func csv(_ names: [String], _ row: OrderedJSON) -> Self {
        guard case .object(let members) = row else { return json([:], nil) }
        let fields = members.map { member in
            switch member.value {
            case .string(let text): text
            case .integer(let number): String(number)
            default: ""
            }
        }
        let lines = [names, fields].map { $0.joined(separator: ",") + "\r\n" }.joined()
        return Self(type: MediaType.csv, schema: ["type": "string"], example: .string(lines))
    }
}

extension [Success.Content] {
    /// An array of one element, or that element alone with the singular media type.
    fileprivate static func values(_ schema: String, example: OrderedJSON) -> Self {
        let element = OrderedJSON.reference("schemas", schema)
        return [
            .json(["type": "array", "items": element], [example]),
            .init(type: MediaType.singular, schema: element, example: example),
        ]
    }

    /// A single value, with either media type.
    fileprivate static func value(_ schema: OrderedJSON, example: OrderedJSON) -> Self {
        [.json(schema, example), .init(type: MediaType.singular, schema: schema, example: example)]
    }

    fileprivate static var description: Self {
        let example: OrderedJSON = ["openapi": "3.1.0", "info": ["title": "Coffer", "version": "1.0.0"], "paths": [:]]
        return [MediaType.openAPI, MediaType.json].map {
            .init(type: $0, schema: .reference("schemas", "Description"), example: example)
        }
    }
}

// The possible failures of each operation. Their statuses and texts are in the registry, Failure.swift.

internal import CofferCore

extension Route {
    /// The possible failures of a method of this route, each once, in the order of the registry.
    func failures(of method: Method) -> [Failure.Kind] {
        let possible = Self.always + access(method).failures(method) + (method == .options ? [] : own(method))
        return Failure.Kind.allCases.filter(possible.contains)
    }

    /// The failures of requests whose path or method is not in the document.
    static let outsideOfRoutes: [Failure.Kind] = [
        .unknownPath, .unknownFunction, .unknownTable, .functionMethod, .tableMethod,
    ]

    /// The possible failures of every request. Some of them come from the web server.
    private static let always: [Failure.Kind] = [
        .malformedRequest, .tooLarge, .targetTooLong, .headersTooLarge, .internalError, .gatewayUnavailable,
    ]

    /// The possible failures of every change of the database.
    private static let change: [Failure.Kind] = [.storageFull, .outcomeUnknown]
    private static let query: [Failure.Kind] = [
        .querySyntax, .notEmbedded, .unknownColumn, .invalidValue, .unsuitableOperator, .unsuitableType,
        .unsuitableCast, .outOfRange, .brokenPattern, .brokenExpression, .invalidPreference, .notAcceptable,
        .notSingular, .patternTooSlow, .tooManyPatterns,
    ]
    private static let changedRows = change + query + [.tooManyAffected, .changeWithoutFilter, .changeWithLimit]
    private static let arguments: [Failure.Kind] = [.invalidArgument, .notAcceptable]

    private func own(_ method: Method) -> [Failure.Kind] {
        switch self {
        case .login:
            Self.arguments + [
                .invalidBody, .loginRefused, .loginBlocked, .loginsAtOnce, .invalidPreference, .crossSite,
                .databaseUnavailable, .outcomeUnknown, .storageFull,
            ]
        case .logout: Self.change
        case .changePassword:
            Self.change + [.invalidBody, .invalidArgument, .wrongPassword, .passwordRule, .loginBlocked]
        case .whoami, .listFolder: reading(method)
        case .storeFile:
            Self.change + [
                .filePathRule, .taken, .invalidArgument, .preconditionFailed, .overQuota, .truncatedBody,
                .digestMismatch,
                .lengthRequired, .uploadExpired, .storageUnavailable, .unsupportedBody, .partialBody, .repeatedField,
            ]
        case .retrieveFile:
            [
                .querySyntax, .invalidArgument, .filePathRule, .fileNotFound, .preconditionFailed,
                .storageUnavailable,
            ] + (method == .get ? [.rangeNotSatisfiable] : [])
        case .downloadFolder:
            [
                .querySyntax, .invalidArgument, .filePathRule, .folderNotFound, .fileNotFound, .storageUnavailable,
                .storageFull, .workersBusy,
            ] + (method == .get ? [.outcomeUnknown] : [])
        case .moveFolder:
            Self.change + Self.arguments + [.invalidBody, .filePathRule, .folderMove, .taken]
        case .copy:
            Self.change + Self.arguments + [
                .invalidBody, .filePathRule, .fileNotFound, .folderMove, .taken, .overQuota, .uploadExpired,
                .storageUnavailable,
            ]
        case .createFolder: Self.change + Self.arguments + [.invalidBody, .filePathRule, .taken]
        case .deleteFolder: Self.change + Self.arguments + [.invalidBody, .filePathRule, .folderNotFound]
        case .restore: Self.change + Self.arguments + [.invalidBody, .filePathRule, .fileNotFound, .taken]
        case .restoreFolder: Self.change + Self.arguments + [.invalidBody, .filePathRule, .taken]
        case .createUser:
            Self.change + Self.arguments + [.invalidBody, .passwordRule, .taken]
        case .resetPassword:
            Self.change + Self.arguments + [.invalidBody, .passwordRule, .userNotFound]
        case .deleteUser:
            Self.change + Self.arguments + [.invalidBody, .userNotFound, .lastAdmin]
        case .files, .trash, .users, .sessions, .auditLog: rows(method)
        case .uploads, .upload: uploadFailures(method)
        case .root, .openAPI: [.notAcceptable]
        case .live, .metrics: []
        case .ready: [.notReady]
        }
    }

    /// The failures of a function that changes nothing. Its arguments are in the query or in a body.
    private func reading(_ method: Method) -> [Failure.Kind] {
        Self.arguments + [method == .post ? .invalidBody : .querySyntax]
            + (self == .listFolder ? [.filePathRule] : [])
    }

    private func rows(_ method: Method) -> [Failure.Kind] {
        switch method {
        case .patch:
            Self.changedRows + [.invalidBody, .unknownBodyColumn, .forbidden, .missingValue, .brokenRule]
                + (self == .files ? [.filePathRule, .taken] : [.lastAdmin])
        case .delete: Self.changedRows
        default: Self.query + [.rangeNotSatisfiable]
        }
    }
}

extension Access {
    /// The failures of authentication and authorization, which precede the endpoint.
    fileprivate func failures(_ method: Method) -> [Failure.Kind] {
        let identity: [Failure.Kind] = [
            .tokenMissing, .tokenUndecodable, .tokenClaims, .sessionEnded, .noVerificationKey, .databaseUnavailable,
        ]
        // With a session cookie, a change must come from our own pages.
        let caller = identity + (method.isSafe ? [] : [.crossSite])
        return switch self {
        case .public: []
        case .monitoring: [.unknownTable]
        case .session: caller
        case .admin: caller + [.forbidden]
        }
    }
}

// Which failures each operation can give. Their statuses and texts are in the registry, Failure.swift.

internal import CofferCore

extension Route {
    /// What the method of this route can be refused with, in the registry's order, each once.
    func failures(of method: Method) -> [Failure.Kind] {
        let possible = Self.always + access(method).failures(method) + (method == .options ? [] : own(method))
        return Failure.Kind.allCases.filter(possible.contains)
    }

    /// Belong to no route: the path or the method is none of the document's.
    static let outsideOfRoutes: [Failure.Kind] = [
        .unknownPath, .unknownFunction, .unknownTable, .functionMethod, .tableMethod,
    ]

    /// Any request, the web server's refusals among them.
    private static let always: [Failure.Kind] = [
        .malformedRequest, .tooLarge, .targetTooLong, .headersTooLarge, .internalError, .gatewayUnavailable,
    ]

    /// A change of the database.
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
                .filePathRule, .invalidArgument, .preconditionFailed, .overQuota, .truncatedBody, .digestMismatch,
                .lengthRequired, .uploadExpired, .storageUnavailable, .unsupportedBody, .partialBody, .repeatedField,
            ]
        case .retrieveFile:
            [
                .querySyntax, .invalidArgument, .filePathRule, .fileNotFound, .preconditionFailed,
                .storageUnavailable,
            ] + (method == .get ? [.rangeNotSatisfiable] : [])
        case .moveFolder:
            Self.change + Self.arguments + [.invalidBody, .filePathRule, .folderMove, .taken]
        case .createUser:
            Self.change + Self.arguments + [.invalidBody, .passwordRule, .taken]
        case .resetPassword:
            Self.change + Self.arguments + [.invalidBody, .passwordRule, .userNotFound]
        case .deleteUser:
            Self.change + Self.arguments + [.invalidBody, .userNotFound, .lastAdmin]
        case .files, .users, .auditLog: rows(method)
        case .root, .openAPI: [.notAcceptable]
        case .live: []
        case .ready: [.notReady]
        }
    }

    /// A function that changes nothing, called with arguments in the query or in a body.
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
    /// What the service refuses before the endpoint runs.
    fileprivate func failures(_ method: Method) -> [Failure.Kind] {
        let identity: [Failure.Kind] = [
            .tokenMissing, .tokenUndecodable, .tokenClaims, .sessionEnded, .noVerificationKey, .databaseUnavailable,
        ]
        // By cookie, a change must come from our own pages.
        let caller = identity + (method.isSafe ? [] : [.crossSite])
        return switch self {
        case .public: []
        case .session: caller
        case .admin: caller + [.forbidden]
        }
    }
}

// The registry of all errors that a client can get: code, status and message. Where PostgREST has a code for the same
// error, it is used. Our own codes are `KFnnn`. These are valid SQLSTATEs, so the database can raise them directly (SQL
// reserves the classes 0–4 and A–H; implementations may use K).

/// An error as the client sees it.
public struct Failure: Error, Equatable, Sendable {
    public let kind: Kind
    public let message: String
    public let details: String?
    public let hint: String?
    /// Header fields for this response, besides those that every response has.
    public var fields: [HeaderField]

    public init(
        _ kind: Kind, _ message: String? = nil, details: String? = nil, hint: String? = nil,
        fields: [HeaderField] = []
    ) {
        self.kind = kind
        self.message = message ?? kind.text
        self.details = details
        self.hint = hint
        self.fields = fields
    }

    /// The JSON body of the response. It has four keys, each a string or null.
    public var body: String {
        let value = { (text: String?) in text.map(JSON.quoted) ?? "null" }
        return #"{"code":\#(JSON.quoted(kind.rawValue)),"details":\#(value(details)),"#
            + #""hint":\#(value(hint)),"message":\#(JSON.quoted(message))}"#
    }

    /// The kind of an error. The raw value is the `code` of the error body. Its meaning never changes.
    public enum Kind: String, Sendable, CaseIterable {
        case internalError = "KF000"
        case loginRefused = "KF001"
        case fileNotFound = "KF002"
        case filePathRule = "KF003"
        case preconditionFailed = "KF004"
        case tooLarge = "KF005"
        case overQuota = "KF006"
        case storageFull = "KF007"
        case storageUnavailable = "KF008"
        case truncatedBody = "KF009"
        case digestMismatch = "KF010"
        case sessionEnded = "KF011"
        case crossSite = "KF012"
        case changeWithoutFilter = "KF013"
        case invalidArgument = "KF014"
        case lengthRequired = "KF015"
        case passwordRule = "KF017"
        case lastAdmin = "KF018"
        case uploadExpired = "KF019"
        case loginBlocked = "KF020"
        case gatewayUnavailable = "KF021"
        case targetTooLong = "KF022"
        case headersTooLarge = "KF023"
        case malformedRequest = "KF024"
        case notReady = "KF025"
        case userNotFound = "KF027"
        case wrongPassword = "KF028"
        case folderMove = "KF029"
        case changeWithLimit = "KF030"
        case patternTooSlow = "KF031"
        case tooManyPatterns = "KF032"
        case outcomeUnknown = "KF033"
        case loginsAtOnce = "KF040"
        case unsupportedBody = "KF044"
        case partialBody = "KF045"
        case repeatedField = "KF046"
        case folderNotFound = "KF047"
        case workersBusy = "KF048"
        case uploadNotFound = "KF050"
        case offsetMismatch = "KF051"
        case unsupportedProtocol = "KF052"
        case checksumMismatch = "KF053"
        case uploadTaken = "KF054"
        case databaseUnavailable = "PGRST000"
        case querySyntax = "PGRST100"
        case functionMethod = "PGRST101"
        case invalidBody = "PGRST102"
        case rangeNotSatisfiable = "PGRST103"
        case notAcceptable = "PGRST107"
        case notEmbedded = "PGRST108"
        case notSingular = "PGRST116"
        case tableMethod = "PGRST117"
        case invalidPreference = "PGRST122"
        case tooManyAffected = "PGRST124"
        case unknownPath = "PGRST125"
        case unknownFunction = "PGRST202"
        case unknownBodyColumn = "PGRST204"
        case unknownTable = "PGRST205"
        case noVerificationKey = "PGRST300"
        case tokenUndecodable = "PGRST301"
        case tokenMissing = "PGRST302"
        case tokenClaims = "PGRST303"
        case unknownColumn = "42703"
        case invalidValue = "22P02"
        case outOfRange = "22003"
        case brokenPattern = "22025"
        case brokenExpression = "2201B"
        case unsuitableOperator = "42883"
        case unsuitableType = "42804"
        case unsuitableCast = "42846"
        case forbidden = "42501"
        case missingValue = "23502"
        case taken = "23505"
        case brokenRule = "23514"

        /// The HTTP status, and the message unless `Failure.init` is given a more specific one.
        private var entry: (status: Int, text: String) {
            switch self {
            case .internalError: (500, "Internal error")
            case .loginRefused: (400, "Invalid email or password")
            case .fileNotFound: (400, "File not found.")
            case .filePathRule: (400, "The file path is not allowed")
            case .preconditionFailed: (412, "A precondition of the request does not hold")
            case .tooLarge: (413, "The body is larger than allowed")
            case .overQuota: (413, "The quota would be exceeded")
            case .storageFull: (507, "The storage is full")
            case .storageUnavailable: (503, "The storage is not available")
            case .truncatedBody: (400, "The body is shorter than announced")
            case .digestMismatch: (400, "The body does not match the announced digest")
            case .sessionEnded: (401, "The session has ended")
            case .crossSite: (403, "Requests with a session cookie must come from the same origin")
            case .changeWithoutFilter: (400, "A change requires a filter")
            case .invalidArgument: (400, "An argument is missing or invalid")
            case .lengthRequired: (411, "A Content-Length is required")
            case .passwordRule: (400, "The password is not allowed")
            case .lastAdmin: (409, "The last enabled admin must remain")
            case .uploadExpired: (503, "The upload could not be completed, try again")
            case .loginBlocked: (429, "Too many failed logins, try again later")
            case .gatewayUnavailable: (503, "The service is not available")
            case .targetTooLong: (414, "The URL is too long")
            case .headersTooLarge: (431, "The request headers are too large")
            case .malformedRequest: (400, "The request is malformed")
            case .notReady: (503, "The service is not ready")
            case .userNotFound: (400, "User not found.")
            case .wrongPassword: (400, "The current password is wrong")
            case .folderMove: (400, "A folder cannot be moved into itself")
            case .changeWithLimit: (400, "A change cannot have a limit or an offset")
            case .patternTooSlow: (400, "The search by pattern takes too long")
            case .tooManyPatterns: (429, "Too many searches by pattern at once, try again")
            case .outcomeUnknown: (503, "The outcome of the change is unknown")
            case .loginsAtOnce: (429, "Too many logins at once, try again shortly")
            case .unsupportedBody: (415, "The body must be the plain content of the file")
            case .partialBody: (400, "A part of a file cannot be stored")
            case .repeatedField: (400, "A header was sent more than once")
            case .folderNotFound: (400, "Folder not found.")
            case .uploadNotFound: (404, "Upload not found.")
            case .offsetMismatch: (409, "The offset is not that of the upload")
            case .unsupportedProtocol: (412, "Tus-Resumable must be 1.0.0")
            case .checksumMismatch: (460, "The body does not have the announced checksum")
            case .uploadTaken: (409, "Another request has taken over this upload.")
            case .workersBusy: (503, "Too many long requests at once, try again later")
            case .databaseUnavailable: (503, "The database is not available")
            case .querySyntax: (400, "The query string is invalid")
            case .functionMethod, .tableMethod: (405, "The method is not allowed here")
            case .invalidBody: (400, "Empty or invalid json")
            case .rangeNotSatisfiable: (416, "Requested range not satisfiable")
            case .notAcceptable: (406, "None of these media types are available")
            case .notEmbedded: (400, "Embedding other tables is not supported")
            case .notSingular: (406, "Cannot coerce the result to a single JSON object")
            case .invalidPreference: (400, "Invalid preferences given with handling=strict")
            case .tooManyAffected: (400, "Query result exceeds max-affected preference constraint")
            case .unknownPath: (404, "Invalid path specified in request URL")
            case .unknownFunction: (404, "Could not find the function in the schema cache")
            case .unknownBodyColumn: (400, "Could not find the column in the schema cache")
            case .unknownTable: (404, "Could not find the table in the schema cache")
            case .noVerificationKey: (500, "No key exists to verify tokens with")
            case .tokenUndecodable: (401, "The token cannot be verified")
            case .tokenMissing: (401, "Anonymous access is disabled")
            case .tokenClaims: (401, "The token's claims are invalid")
            case .unknownColumn: (400, "The column does not exist")
            case .invalidValue: (400, "A value is invalid for its column")
            case .outOfRange: (400, "A value is out of the range of its type")
            case .brokenPattern: (400, "The pattern ends with a backslash")
            case .brokenExpression: (400, "The regular expression is invalid")
            case .unsuitableOperator: (400, "The operator is unsuitable for the column's type")
            case .unsuitableType: (400, "The column's type is unsuitable")
            case .unsuitableCast: (400, "The column cannot be cast to that type")
            case .forbidden: (403, "Permission denied")
            case .missingValue: (400, "A value is required")
            case .taken: (409, "The file path is already in use")
            case .brokenRule: (400, "A value violates a rule of its column")
            }
        }

        public var status: Int { entry.status }
        public var text: String { entry.text }
    }
}

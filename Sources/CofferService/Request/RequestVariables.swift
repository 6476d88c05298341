// CGI's names (RFC 3875 §4.1) of everything that Coffer reads of a request. No other file has such a name.

/// A field of the request's head. The client sets it, and may send it more than once.
struct RequestField {
    /// HTTP's name, for messages.
    let name: String
    /// CGI's name.
    let variable: StaticString

    private init(_ name: String, _ variable: StaticString) { (self.name, self.variable) = (name, variable) }

    static let accept = RequestField("Accept", "HTTP_ACCEPT")
    static let authorization = RequestField("Authorization", "HTTP_AUTHORIZATION")
    static let cookie = RequestField("Cookie", "HTTP_COOKIE")
    static let host = RequestField("Host", "HTTP_HOST")
    static let prefer = RequestField("Prefer", "HTTP_PREFER")

    // Which page sent the request.
    static let origin = RequestField("Origin", "HTTP_ORIGIN")
    static let fetchSite = RequestField("Sec-Fetch-Site", "HTTP_SEC_FETCH_SITE")
    static let preflightMethod = RequestField(
        "Access-Control-Request-Method", "HTTP_ACCESS_CONTROL_REQUEST_METHOD")
    static let preflightHeaders = RequestField(
        "Access-Control-Request-Headers", "HTTP_ACCESS_CONTROL_REQUEST_HEADERS")

    /// Fields that proxies add.
    static let proxies = [
        RequestField("Forwarded", "HTTP_FORWARDED"), RequestField("Via", "HTTP_VIA"),
        RequestField("X-Forwarded-For", "HTTP_X_FORWARDED_FOR"),
        RequestField("X-Forwarded-Host", "HTTP_X_FORWARDED_HOST"),
        RequestField("X-Forwarded-Proto", "HTTP_X_FORWARDED_PROTO"), RequestField("X-Real-IP", "HTTP_X_REAL_IP"),
    ]

    // Conditions and ranges.
    static let ifMatch = RequestField("If-Match", "HTTP_IF_MATCH")
    static let ifNoneMatch = RequestField("If-None-Match", "HTTP_IF_NONE_MATCH")
    static let ifModifiedSince = RequestField("If-Modified-Since", "HTTP_IF_MODIFIED_SINCE")
    static let ifUnmodifiedSince = RequestField("If-Unmodified-Since", "HTTP_IF_UNMODIFIED_SINCE")
    static let ifRange = RequestField("If-Range", "HTTP_IF_RANGE")
    static let range = RequestField("Range", "HTTP_RANGE")

    // Uploads.
    static let contentLength = RequestField("Content-Length", "CONTENT_LENGTH")
    static let contentType = RequestField("Content-Type", "CONTENT_TYPE")
    /// All the fields, from web servers that do not join them; one of them is in CONTENT_TYPE.
    static let contentTypes = RequestField("Content-Type", "HTTP_CONTENT_TYPE")
    static let filePath = RequestField("File-Path", "HTTP_FILE_PATH")
    static let description = RequestField("Description", "HTTP_DESCRIPTION")
    static let lastModified = RequestField("Last-Modified", "HTTP_LAST_MODIFIED")
    /// The same in seconds since 1970, as the clients of ownCloud and Nextcloud send it.
    static let ocModified = RequestField("X-OC-Mtime", "HTTP_X_OC_MTIME")
    static let reprDigest = RequestField("Repr-Digest", "HTTP_REPR_DIGEST")
    static let contentDigest = RequestField("Content-Digest", "HTTP_CONTENT_DIGEST")

    // Fields that say that the body of an upload is not the whole file itself.
    static let contentEncoding = RequestField("Content-Encoding", "HTTP_CONTENT_ENCODING")
    static let transferEncoding = RequestField("Transfer-Encoding", "HTTP_TRANSFER_ENCODING")
    static let contentTransferEncoding = RequestField(
        "Content-Transfer-Encoding", "HTTP_CONTENT_TRANSFER_ENCODING")
    static let contentRange = RequestField("Content-Range", "HTTP_CONTENT_RANGE")
    static let xContentRange = RequestField("X-Content-Range", "HTTP_X_CONTENT_RANGE")
    static let uploadComplete = RequestField("Upload-Complete", "HTTP_UPLOAD_COMPLETE")
    static let uploadIncomplete = RequestField("Upload-Incomplete", "HTTP_UPLOAD_INCOMPLETE")
    static let uploadOffset = RequestField("Upload-Offset", "HTTP_UPLOAD_OFFSET")
    static let tusResumable = RequestField("Tus-Resumable", "HTTP_TUS_RESUMABLE")
    static let uploadFullLength = RequestField("Upload-Length", "HTTP_UPLOAD_LENGTH")
    static let uploadMetadata = RequestField("Upload-Metadata", "HTTP_UPLOAD_METADATA")
    static let uploadChecksum = RequestField("Upload-Checksum", "HTTP_UPLOAD_CHECKSUM")
    static let methodOverride = RequestField("X-HTTP-Method-Override", "HTTP_X_HTTP_METHOD_OVERRIDE")
    static let ocChunked = RequestField("OC-Chunked", "HTTP_OC_CHUNKED")
}

/// A variable that the web server sets. A client cannot set it, as a client's fields get names that begin with HTTP.
struct ServerVariable {
    /// CGI's name, or that of Coffer's configuration for web servers.
    let name: StaticString

    private init(_ name: StaticString) { self.name = name }

    static let requestMethod = ServerVariable("REQUEST_METHOD")
    static let requestURI = ServerVariable("REQUEST_URI")
    static let scriptName = ServerVariable("SCRIPT_NAME")
    static let pathInfo = ServerVariable("PATH_INFO")
    static let queryString = ServerVariable("QUERY_STRING")
    static let remoteAddress = ServerVariable("REMOTE_ADDR")
    static let serverProtocol = ServerVariable("SERVER_PROTOCOL")
    static let https = ServerVariable("HTTPS")

    static let basePath = ServerVariable("COFFER_BASE_PATH")
    static let requestID = ServerVariable("COFFER_REQUEST_ID")
    static let requestBegan = ServerVariable("COFFER_REQUEST_BEGAN")
    static let proxied = ServerVariable("COFFER_PROXIED")
    static let metrics = ServerVariable("COFFER_METRICS")

    // Downloads.
    static let blobsDirectory = ServerVariable("COFFER_BLOBS_DIRECTORY")
    static let hiddenRange = ServerVariable("COFFER_RANGE")
    static let sendfile = ServerVariable("COFFER_SENDFILE")
    static let sendfileRemote = ServerVariable("COFFER_SENDFILE_REMOTE")

    // Uploads.
    static let uploadQuestion = ServerVariable("COFFER_UPLOAD_QUESTION")
    static let uploadLength = ServerVariable("COFFER_UPLOAD_LENGTH")
    static let bodyHandoff = ServerVariable("COFFER_BODY_HANDOFF")
    static let bodyFile = ServerVariable("COFFER_BODY_FILE")
}

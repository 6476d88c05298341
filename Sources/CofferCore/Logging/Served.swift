// What the log says about a request that was answered.

public struct Served: Equatable, Sendable {
    /// nil if the client used no method of the route.
    public var method: Method?
    /// nil if there is no such route, or if the request was refused before its route was known.
    public var route: Route?
    /// The bearer of a valid token. nil for a request without one.
    public var userID: String?
    public var status: Int
    /// The length of the response's body, also where the web server sends it. nil if the response was cut off.
    public var bytes: Int64?
    public var time: Time

    /// In microseconds. The rest of the total is the worker's own work, and waiting for the client.
    public struct Time: Equatable, Sendable {
        public var total: Int64
        /// Waiting for PostgreSQL.
        public var database: Int64
        /// Reading and writing blobs.
        public var storage: Int64

        public init(total: Int64, database: Int64, storage: Int64) {
            (self.total, self.database, self.storage) = (total, database, storage)
        }
    }

    public init(
        method: Method? = nil, route: Route? = nil, userID: String? = nil, status: Int, bytes: Int64?, time: Time
    ) {
        (self.method, self.route, self.userID) = (method, route, userID)
        (self.status, self.bytes, self.time) = (status, bytes, time)
    }

    /// Appended piece by piece, which takes half the time of an interpolation.
    var text: String {
        var text = "event=served user_id="
        text.reserveCapacity(256)
        text += userID ?? "-"
        text += " method="
        text += method?.rawValue ?? "-"
        text += " route="
        text += route?.path ?? "-"
        text += " status="
        text += String(status)
        text += " bytes="
        if let bytes { text += String(bytes) } else { text += "-" }
        text += " database_ms="
        text.append(milliseconds: time.database)
        text += " storage_ms="
        text.append(milliseconds: time.storage)
        text += " total_ms="
        text.append(milliseconds: time.total)
        return text
    }
}

extension String {
    /// With three decimals.
    fileprivate mutating func append(milliseconds microseconds: Int64) {
        let (whole, part) = max(0, microseconds).quotientAndRemainder(dividingBy: 1000)
        self += String(whole)
        self += part < 10 ? ".00" : part < 100 ? ".0" : "."
        self += String(part)
    }
}

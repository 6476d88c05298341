// The kinds of options, each with the form and the check of its values.

internal import Text

extension ConfigurationOption {
    typealias Store<Value> = @Sendable (inout Configuration, Value) -> Void
    private typealias Check<Value> = @Sendable (String) throws(ValueProblem) -> Value

    /// - Parameters:
    ///   - check: converts a text to a value, or throws the problem.
    ///   - set: stores the value in the configuration.
    private init<Value>(
        _ name: String, _ defaultValue: String, form: String, _ help: String, secrecy: Secrecy = .public,
        check: @escaping Check<Value>, _ set: @escaping Store<Value>
    ) {
        (self.name, self.defaultValue, self.form, self.help) = (name, defaultValue, form, help)
        self.secrecy = secrecy
        store = { (configuration, text) throws(ValueProblem) in set(&configuration, try check(text)) }
    }

    static func text(
        _ name: String, _ defaultValue: String, form: String, _ help: String, _ set: @escaping Store<String>
    ) -> Self {
        Self(name, defaultValue, form: form, help, check: { (text) throws(ValueProblem) in text }, set)
    }

    static func connection(_ name: String, _ defaultValue: String, _ help: String, _ set: @escaping Store<String>)
        -> Self
    {
        Self(
            name, defaultValue, form: "libpq connection string or URI", help, secrecy: .parts,
            check: { (text) throws(ValueProblem) in
                let isURI = text.hasPrefix("postgresql://") || text.hasPrefix("postgres://")
                if text.isEmpty { throw ValueProblem("must not be empty") }
                if !isURI && !text.utf8.contains(UInt8(ascii: "=")) {
                    throw ValueProblem("must be a postgresql:// URI or a list of keyword=value")
                }
                return text
            }, set)
    }

    static func storage(_ name: String, _ defaultValue: String, _ help: String, _ set: @escaping Store<String>) -> Self
    {
        Self(
            name, defaultValue, form: "file:///absolute/path or s3://bucket/prefix?endpoint=…&region=…&style=…", help,
            secrecy: .parts,
            check: { (text) throws(ValueProblem) in
                if text.hasPrefix("s3://") {
                    try checkParameters(text)
                    return text
                }
                guard text.hasPrefix("file:///"), text.utf8.count > 8 else {
                    throw ValueProblem("must be file:///absolute/path or s3://bucket/prefix?endpoint=…")
                }
                return text
            }, set)
    }

    /// Checks the names of the parameters. The store checks their values when it is opened.
    private static func checkParameters(_ url: String) throws(ValueProblem) {
        let query = url.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
        for parameter in query.split(separator: "&") {
            let name = parameter.prefix { $0 != "=" }
            if !["endpoint", "region", "style"].contains(name) {
                throw ValueProblem("has an unknown parameter: \(quoted(String(name)))")
            }
        }
    }

    static func file(_ name: String, _ help: String, _ set: @escaping Store<String?>) -> Self {
        Self(
            name, "", form: "absolute path of a file, or empty", help,
            check: { (text) throws(ValueProblem) in
                if text.isEmpty { return nil }
                guard text.hasPrefix("/") else { throw ValueProblem("must be an absolute path") }
                return text
            }, set)
    }

    static func basePath(_ name: String, _ help: String, _ set: @escaping Store<String>) -> Self {
        Self(
            name, "", form: "/path, or empty", help,
            check: { (text) throws(ValueProblem) in
                if text.isEmpty || (text.hasPrefix("/") && !text.hasSuffix("/")) { return text }
                throw ValueProblem("must begin with a slash and not end with one")
            }, set)
    }

    /// What commas separate, without the spaces around.
    private static func items(_ text: String) -> [String] { text.split(separator: ",").map { String($0.trimmed) } }

    static func origins(_ name: String, _ help: String, _ set: @escaping Store<[String]>) -> Self {
        Self(
            name, "", form: "scheme://host[:port], separated by commas, or empty", help,
            check: { (text) throws(ValueProblem) in
                let origins = items(text)
                for origin in origins {
                    let scheme = ["https://", "http://"].first { origin.hasPrefix($0) }
                    guard let host = scheme.map({ origin.dropFirst($0.count) }), !host.isEmpty,
                        !host.utf8.contains(where: { "/ *?#".utf8.contains($0) })
                    else {
                        throw ValueProblem("\(quoted(origin)) is not an origin, such as https://app.example")
                    }
                }
                return origins
            }, set)
    }

    static func siteURL(_ name: String, _ help: String, _ set: @escaping Store<String?>) -> Self {
        Self(
            name, "", form: "https://host[:port][/path], or empty", help,
            check: { (text) throws(ValueProblem) in
                if text.isEmpty { return nil }
                guard let url = parsedSiteURL(text) else {
                    throw ValueProblem("\(quoted(text)) is not the URL of a site, such as https://files.example.org")
                }
                return url
            }, set)
    }

    static func silencedChecks(_ name: String, _ help: String, _ set: @escaping Store<[String: String]>) -> Self {
        Self(
            name, "", form: "id: reason; id: reason …, or empty", help,
            check: { (text) throws(ValueProblem) in
                var reasons: [String: String] = [:]
                for entry in text.split(separator: ";").map({ $0.trimmed }) where !entry.isEmpty {
                    let halves = entry.split(separator: ":", maxSplits: 1).map { String($0.trimmed) }
                    guard halves.count == 2, !halves[1].isEmpty else {
                        throw ValueProblem("\(quoted(String(entry))) lacks the reason; write id: reason")
                    }
                    reasons[halves[0]] = halves[1]
                }
                return reasons
            }, set)
    }

    static func socket(_ name: String, _ defaultValue: String, _ help: String, _ set: @escaping Store<SocketAddress>)
        -> Self
    {
        Self(
            name, defaultValue, form: "absolute path of at most 107 bytes, or IPv4 address:port", help,
            check: { (text) throws(ValueProblem) in
                if text.hasPrefix("/") {
                    guard text.utf8.count <= 107 else { throw ValueProblem("must be at most 107 bytes long") }
                    return .path(text)
                }
                let halves = text.split(separator: ":", maxSplits: 1)
                guard halves.count == 2, isIPv4Address(halves[0]), let port = UInt16(halves[1]), port > 0 else {
                    throw ValueProblem("must be an absolute path, or an IPv4 address and a port")
                }
                return .tcp(address: String(halves[0]), port: port)
            }, set)
    }

    static func addresses(_ name: String, _ help: String, _ set: @escaping Store<[String]>) -> Self {
        Self(
            name, "", form: "IPv4 addresses separated by commas, or empty", help,
            check: { (text) throws(ValueProblem) in
                let addresses = items(text)
                for address in addresses where !isIPv4Address(address) {
                    throw ValueProblem("\(quoted(address)) is not an IPv4 address, such as 10.0.0.1")
                }
                return addresses
            }, set)
    }

    static func number(
        _ name: String, _ defaultValue: Int64, _ range: ClosedRange<Int64>, _ help: String,
        _ set: @escaping Store<Int64>
    ) -> Self {
        let form =
            range.upperBound == .max
            ? "a whole number, at least \(range.lowerBound)"
            : "a whole number from \(range.lowerBound) to \(range.upperBound)"
        return Self(
            name, String(defaultValue), form: form, help,
            check: { (text) throws(ValueProblem) in
                guard let number = Int64(text), range.contains(number) else {
                    throw ValueProblem("\(quoted(text)) is not \(form)")
                }
                return number
            }, set)
    }

    static func toggle(_ name: String, _ defaultValue: Bool, _ help: String, _ set: @escaping Store<Bool>) -> Self {
        Self(
            name, defaultValue ? "on" : "off", form: "on or off", help,
            check: { (text) throws(ValueProblem) in
                switch text.lowercased() {
                case "on", "true", "yes", "1": true
                case "off", "false", "no", "0": false
                default: throw ValueProblem("\(quoted(text)) is not on or off")
                }
            }, set)
    }

    static func mode(_ name: String, _ defaultValue: String, _ help: String, _ set: @escaping Store<UInt32>) -> Self {
        Self(
            name, defaultValue, form: "octal permissions", help,
            check: { (text) throws(ValueProblem) in
                guard let mode = UInt32(text, radix: 8), mode <= 0o777 else {
                    throw ValueProblem("\(quoted(text)) is not octal permissions, such as 0660")
                }
                return mode
            }, set)
    }

    static func token(_ name: String, _ help: String, _ set: @escaping Store<String?>) -> Self {
        let form = "at least 16 letters, digits or characters of -._~+/=, or empty"
        return Self(
            name, "", form: form, help, secrecy: .whole,
            check: { (text) throws(ValueProblem) in
                if text.isEmpty { return nil }
                // What can stand behind `Bearer` (RFC 6750 §2.1).
                let isFit = text.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                    case UInt8(ascii: "0")...UInt8(ascii: "9"): true
                    default: "-._~+/=".utf8.contains(byte)
                    }
                }
                guard isFit, text.utf8.count >= 16 else { throw ValueProblem("must be \(form)") }
                return text
            }, set)
    }

    static func logLevel(
        _ name: String, _ defaultValue: Configuration.LogLevel, _ help: String,
        _ set: @escaping Store<Configuration.LogLevel>
    ) -> Self {
        let names = Configuration.LogLevel.allCases.map(\.rawValue).joined(separator: ", ")
        return Self(
            name, defaultValue.rawValue, form: "one of \(names)", help,
            check: { (text) throws(ValueProblem) in
                guard let level = Configuration.LogLevel(rawValue: text) else {
                    throw ValueProblem("\(quoted(text)) is not one of \(names)")
                }
                return level
            }, set)
    }
}

/// The URL of a site without a slash at its end. nil if the text is not one.
public func parsedSiteURL(_ text: String) -> String? {
    guard let scheme = ["https://", "http://"].first(where: text.hasPrefix) else { return nil }
    var url = text[...]
    while url.hasSuffix("/") { url.removeLast() }
    let host = url.dropFirst(scheme.count).prefix { $0 != "/" }
    let isPlain = url.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } && !url.contains { "?#@\\\"'".contains($0) }
    return host.isEmpty || !isPlain || url.count < scheme.count ? nil : String(url)
}

/// A value in quotation marks for a message of one line, at most 60 characters of it.
private func quoted(_ text: String) -> String {
    "“" + String(text.prefix(60).map { $0.isNewline ? " " : $0 }) + "”"
}

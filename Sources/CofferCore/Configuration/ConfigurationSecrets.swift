// Hides passwords in connection strings and URLs before people see them. In doubt it hides too much.

internal import Text

/// The connection string or URL with `***` instead of each password.
public func withoutSecrets(_ text: String) -> String {
    let scheme = text.prefix { $0.isLetter || $0.isNumber }
    guard text[scheme.endIndex...].hasPrefix("://") else { return keywordsWithoutSecrets(text) }
    var rest = text.dropFirst(scheme.count + 3)
    var shown = scheme + "://"
    let authorityEnd = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    // A password may contain an unescaped slash by mistake, so everything up to the last @ counts as the password.
    if let at = rest.lastIndex(of: "@"), let colon = rest[..<at].firstIndex(of: ":") {
        shown += rest[..<colon] + ":***"
        rest = rest[at...]
    } else {
        shown += rest[..<authorityEnd]
        rest = rest[authorityEnd...]
    }
    guard let question = rest.firstIndex(of: "?") else { return String(shown + rest) }
    shown += rest[...question]
    let parameters = rest[rest.index(after: question)...].split(separator: "&", omittingEmptySubsequences: false)
    return shown + parameters.map(parameterWithoutSecret).joined(separator: "&")
}

/// Whether the URL contains a password that `withoutSecrets` hides.
public func hasSecret(_ url: String) -> Bool { withoutSecrets(url) != url }

private func parameterWithoutSecret(_ parameter: Substring) -> String {
    guard let equals = parameter.firstIndex(of: "="), isSecret(parameter[..<equals]) else { return String(parameter) }
    return parameter[...equals] + "***"
}

private func isSecret(_ name: some StringProtocol) -> Bool {
    let lower = name.lowercased()
    return lower.hasSuffix("password") || lower.contains("%") || lower.separated(by: "secret").count > 1
}

/// `keyword = 'quoted value' keyword=value` (libpq's manual, 34.1.1.1) with `***` instead of passwords.
private func keywordsWithoutSecrets(_ text: String) -> String {
    var shown = ""
    var rest = text[...]
    while let equals = rest.firstIndex(of: "=") {
        let key = rest[..<equals]
        var value = rest[rest.index(after: equals)...]
        let blank = value.prefix { $0.isWhitespace }
        value = value.dropFirst(blank.count)
        let end = endOfValue(value)
        let name = key.drop { $0.isWhitespace }.prefix { !$0.isWhitespace }
        shown += key + "=" + blank + (isSecret(name) ? "***" : value[..<end])
        rest = value[end...]
    }
    return shown + rest
}

private func endOfValue(_ value: Substring) -> Substring.Index {
    let isQuoted = value.first == "'"
    var index = isQuoted ? value.index(after: value.startIndex) : value.startIndex
    while index < value.endIndex {
        let character = value[index]
        if isQuoted ? character == "'" : character.isWhitespace {
            return isQuoted ? value.index(after: index) : index
        }
        index = value.index(after: index)
        if character == "\\", index < value.endIndex { index = value.index(after: index) }
    }
    return index
}

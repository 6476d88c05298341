// Conditional requests (RFC 9110 §13): entity tags, and the evaluation of the conditions of a read.

public import Text

/// The entity tags of an `If-Match` or `If-None-Match` field.
public enum EntityTags: Equatable, Sendable {
    /// `*`, which stands for any existing version.
    case any
    case list([Tag])

    /// An entity tag without its quotes.
    public struct Tag: Equatable, Sendable {
        public let value: String
        public let isWeak: Bool
    }

    /// nil if the field is neither `*` nor a list of quoted tags, separated by commas.
    public init?(_ field: String) {
        if field.trimmed == "*" {
            self = .any
            return
        }
        var tags: [Tag] = []
        var rest = field.utf8[...]
        let isSpace = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        while !rest.isEmpty {
            rest = rest.drop(while: isSpace)
            if rest.first != UInt8(ascii: ","), !rest.isEmpty {
                guard let tag = Tag(&rest) else { return nil }
                tags.append(tag)
                rest = rest.drop(while: isSpace)
            }
            guard [nil, UInt8(ascii: ",")].contains(rest.popFirst()) else { return nil }
        }
        guard !tags.isEmpty else { return nil }
        self = .list(tags)
    }

    /// Whether the tag matches by strong comparison, as `If-Match` requires (RFC 9110 §8.8.3.2).
    func matchesStrongly(_ value: String) -> Bool {
        if case .list(let tags) = self { tags.contains { !$0.isWeak && $0.value == value } } else { true }
    }

    /// Whether the tag matches by weak comparison, as `If-None-Match` requires (RFC 9110 §8.8.3.2).
    func matchesWeakly(_ value: String) -> Bool {
        if case .list(let tags) = self { tags.contains { $0.value == value } } else { true }
    }
}

extension EntityTags.Tag {
    /// Removes `"…"` or `W/"…"` from the start of `rest`. A comma inside the quotes belongs to the tag.
    fileprivate init?(_ rest: inout Substring.UTF8View) {
        isWeak = rest.starts(with: "W/".utf8)
        if isWeak { rest = rest.dropFirst(2) }
        guard rest.popFirst() == UInt8(ascii: "\"") else { return nil }
        let content = rest.prefix { $0 != UInt8(ascii: "\"") }
        rest = rest.dropFirst(content.count)
        guard rest.popFirst() != nil else { return nil }
        value = String(Substring(content))
    }
}

/// The result of the conditions of a read.
public enum ReadOutcome: Equatable, Sendable {
    case send
    case notModified
    case preconditionFailed
}

/// The values of the conditional fields of a GET or HEAD. nil for an absent field.
public struct ReadConditions: Sendable {
    let ifMatch, ifUnmodifiedSince, ifNoneMatch, ifModifiedSince: String?

    public init(
        ifMatch: String? = nil, ifUnmodifiedSince: String? = nil, ifNoneMatch: String? = nil,
        ifModifiedSince: String? = nil
    ) {
        self.ifMatch = ifMatch
        self.ifUnmodifiedSince = ifUnmodifiedSince
        self.ifNoneMatch = ifNoneMatch
        self.ifModifiedSince = ifModifiedSince
    }

    /// Whether the version is checked only by a date. Then a range is not safe, as another version may have that date.
    public var dependsOnDate: Bool { ifMatch == nil && ifUnmodifiedSince.flatMap { HTTPDate($0) } != nil }

    /// Evaluates the conditions in the order of RFC 9110 §13.2.2. An invalid field is ignored.
    ///
    /// The dates are what clients say, so two contents of a file may have the same, and a later one an earlier date. So
    /// the answer to a date is 304 only for a file that has had one content.
    ///
    /// - Parameters:
    ///   - tag: of the file, without quotes.
    ///   - modified: when the content was last changed.
    ///   - isUnchanged: whether this is the first content of the file.
    public func evaluate(tag: String, modified: HTTPDate, isUnchanged: Bool = false) -> ReadOutcome {
        if let ifMatch {
            if let tags = EntityTags(ifMatch), !tags.matchesStrongly(tag) { return .preconditionFailed }
        } else if let date = ifUnmodifiedSince.flatMap({ HTTPDate($0) }), modified > date {
            return .preconditionFailed
        }
        if let ifNoneMatch {
            return EntityTags(ifNoneMatch)?.matchesWeakly(tag) == true ? .notModified : .send
        }
        if let date = ifModifiedSince.flatMap({ HTTPDate($0) }), isUnchanged, modified <= date {
            return .notModified
        }
        return .send
    }
}

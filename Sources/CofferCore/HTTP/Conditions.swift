// Conditional requests (RFC 9110 §13): entity tags, and the order in which the conditions of a read are judged.

public import Text

/// The entity tags of an `If-Match` or `If-None-Match` field.
public enum EntityTags: Equatable, Sendable {
    /// `*`: any current version.
    case any
    /// The opaque parts of the listed tags, and whether each is weak.
    case list([Tag])

    public struct Tag: Equatable, Sendable {
        public let value: String
        public let isWeak: Bool
    }

    /// Reads `*` or a comma list of quoted tags; nil for anything else.
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

    /// Strong comparison, for `If-Match`.
    func matchesStrongly(_ value: String) -> Bool {
        if case .list(let tags) = self { tags.contains { !$0.isWeak && $0.value == value } } else { true }
    }

    /// Weak comparison, for `If-None-Match`.
    func matchesWeakly(_ value: String) -> Bool {
        if case .list(let tags) = self { tags.contains { $0.value == value } } else { true }
    }
}

extension EntityTags.Tag {
    /// Takes `"…"` or `W/"…"` off the front of `rest`; commas inside the quotes belong to the tag.
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

/// What a conditional read comes to.
public enum ReadOutcome: Equatable, Sendable {
    case send
    case notModified
    case preconditionFailed
}

/// The conditional fields of a GET or HEAD, as they came.
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

    /// Whether a date alone vouches for the version, which is too little for a part of it.
    public var dependsOnDate: Bool { ifMatch == nil && ifUnmodifiedSince.flatMap { HTTPDate($0) } != nil }

    /// Judges in the order of RFC 9110 §13.2.2. A field that cannot be read is ignored.
    ///
    /// Two versions can be of the same second (§8.8.2.2), and whoever sends the date of a file that was changed may have the
    /// version before: so of such a file 304 takes a later date.
    ///
    /// - Parameter isUnchanged: whether there was no version before this one.
    public func evaluate(tag: String, modified: HTTPDate, isUnchanged: Bool = false) -> ReadOutcome {
        if let ifMatch {
            if let tags = EntityTags(ifMatch), !tags.matchesStrongly(tag) { return .preconditionFailed }
        } else if let date = ifUnmodifiedSince.flatMap({ HTTPDate($0) }), modified > date {
            return .preconditionFailed
        }
        if let ifNoneMatch {
            return EntityTags(ifNoneMatch)?.matchesWeakly(tag) == true ? .notModified : .send
        }
        if let date = ifModifiedSince.flatMap({ HTTPDate($0) }), modified < date || isUnchanged && modified == date {
            return .notModified
        }
        return .send
    }
}

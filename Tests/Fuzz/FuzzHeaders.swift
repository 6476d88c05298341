// Header values. Each line is `Name: value`.

internal import Text

private let tag = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
private let modified = HTTPDate(seconds: 784_111_777)

private let checks: [String: @Sendable (String) -> Void] = [
    "Prefer": checkPreferences, "Range": checkRange, "If-Match": checkTags, "If-None-Match": checkTags,
    "If-Range": checkConditions, "Date": checkDate, "Repr-Digest": checkDigest, "Accept": checkAccept,
    "Content-Type": checkType, "Description": checkText, "Upload-Metadata": checkMetadata,
    "Upload-Checksum": checkChecksum,
]

func fuzzHeaders(_ input: [UInt8]) {
    for line in lines(input) {
        let name = line.utf8.prefix { $0 != UInt8(ascii: ":") }
        let value = line.utf8.dropFirst(name.count + 1)
        guard let check = checks[String(Substring(name))] else { continue }
        check(String(String(Substring(value)).trimmed))
    }
}

private func checkPreferences(_ value: String) {
    guard let preferences = attempt([.invalidPreference], { () throws(Failure) in try Preferences(value) }) else {
        return
    }
    require(
        preferences.maxAffected.map { $0 >= 0 && preferences.handling == .strict } ?? true, "max-affected is negative")
    for isChange in [false, true] {
        guard let applied = preferences.applied(toChange: isChange) else { continue }
        require(
            !applied.isEmpty && applied.utf8.allSatisfy { (0x20..<0x7F).contains($0) }, "not for a header: \(applied)")
        require((try? Preferences(applied))?.applied(toChange: isChange) == applied, "applied otherwise: \(applied)")
    }
}

private func checkRange(_ value: String) {
    for size: Int64 in [0, 1, 10, .max] {
        guard case .part(let part) = ByteRange.evaluate(value, size: size) else { continue }
        require(
            part.offset >= 0 && part.length > 0 && part.length <= size && part.offset <= size - part.length,
            "\(part) of \(size)")
    }
    _ = attempt([.rangeNotSatisfiable]) { () throws(Failure) in
        let rowRange = try RowRange(limit: value, offset: value, range: value, maximum: 1000)
        require((0...1000).contains(rowRange.limit) && rowRange.offset >= 0, "the range \(rowRange)")
    }
}

private func checkTags(_ value: String) {
    checkConditions(value)
    guard let tags = EntityTags(value), case .list(let list) = tags else { return }
    require(!list.isEmpty && list.allSatisfy { !$0.value.utf8.contains(UInt8(ascii: "\"")) }, "a quote in a tag")
    let text = list.map { "\($0.isWeak ? "W/" : "")\"\($0.value)\"" }.joined(separator: ", ")
    require(EntityTags(text) == tags, "other tags: \(text)")
    for tag in list {
        require(tags.matchesWeakly(tag.value) && (tag.isWeak || tags.matchesStrongly(tag.value)), "\(tag) is not found")
    }
}

private func checkConditions(_ value: String) {
    let outcomes = [
        ReadConditions(ifMatch: value), ReadConditions(ifNoneMatch: value), ReadConditions(ifModifiedSince: value),
        ReadConditions(ifUnmodifiedSince: value),
    ].map { $0.evaluate(tag: tag, modified: modified) }
    require(outcomes[0] != .notModified && outcomes[1] != .preconditionFailed, "the wrong answer to a condition")
    require(outcomes[2] != .preconditionFailed && outcomes[3] != .notModified, "the wrong answer to a condition")
    if ByteRange.isAllowed(ifRange: value, tag: tag) { require(value.contains(tag), "a range of another version") }
}

private func checkDate(_ value: String) {
    guard let date = HTTPDate(value) else { return }
    require(HTTPDate(date.description) == date, "another date: \(date)")
    require(isEqual(date.description, value) || value.hasSuffix(":60 GMT"), "a second form: \(value)")
}

private func checkDigest(_ value: String) {
    guard let digest = attempt([.invalidArgument], { () throws(Failure) in try DigestField.parse(value) }) else {
        return
    }
    guard let digest else { return }
    require(digest.count == 32, "\(digest.count) bytes of a digest")
    require((try? DigestField.parse(DigestField.sha256(digest))) == digest, "another digest")
}

private func checkAccept(_ value: String) {
    let offers = [MediaType.json, MediaType.singular, MediaType.csv]
    for count in 0...offers.count {
        guard let type = MediaType.negotiate(value, offers: Array(offers.prefix(count))) else { continue }
        require(offers.prefix(count).contains(type), "\(type) was not offered")
    }
}

private func checkType(_ value: String) {
    guard let path = try? FilePath("a/b.html") else { fatalError("no path") }
    let type = ContentType(named: value, path: path).type
    require(type.utf8.count <= 255 && type.utf8.allSatisfy { (0x20..<0x7F).contains($0) }, "not for a header: \(type)")
    if MediaType.isSafeInline(type) {
        let essence = MediaType.essence(type)
        // What browsers read as HTML or XML.
        let isMarkup = essence.hasSuffix("+xml") || ["text/html", "text/xml", "application/xml"].contains(essence)
        require(!isMarkup, "\(type) is shown")
    }
}

private func checkMetadata(_ value: String) {
    guard
        let metadata = attempt(
            [.invalidArgument, .filePathRule], { () throws(Failure) in try UploadMetadata(value) })
    else { return }
    require(isEqual(metadata.text, value), "other text: \(metadata.text)")
    require((try? FilePath(metadata.path.text)) == metadata.path, "not a path: \(metadata.path)")
    require(metadata.description?.unicodeScalars.count ?? 0 <= 2000, "a long description")
    require(metadata.modified.map { $0.utf8.allSatisfy { (0x20..<0x7F).contains($0) } } ?? true, "not a time")
    // Once more from the decoded values.
    let pairs = [("file_path", metadata.path.text), ("description", metadata.description ?? "")]
    let text = pairs.map { "\($0.0) \(Base64.encode(Array($0.1.utf8)))" }.joined(separator: ",")
    require((try? UploadMetadata(text))?.path == metadata.path, "another path: \(text)")
}

private func checkChecksum(_ value: String) {
    guard let checksum = attempt([.invalidArgument], { () throws(Failure) in try UploadChecksum(value) }) else {
        return
    }
    require(checksum.digest.count == (checksum.algorithm == .sha1 ? 20 : 32), "\(checksum.digest.count) bytes")
    let text = "\(checksum.algorithm.rawValue) \(Base64.encode(checksum.digest))"
    require((try? UploadChecksum(text)) == checksum, "another checksum: \(text)")
}

private func checkText(_ value: String) {
    let encoded = "UTF-8''" + PercentCoding.encode(value)
    require(PercentCoding.headerValue(encoded).map { isEqual($0, value) } == true, "not decoded: \(encoded)")
    guard let text = PercentCoding.headerValue(value), !isEqual(text, value) else { return }
    require(value.prefix(6).lowercased() == "utf-8'", "decoded without being asked to: \(value)")
}

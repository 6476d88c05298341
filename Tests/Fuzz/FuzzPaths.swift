// File paths. Each line is one, as the header File-Path has it.

internal import Text

func fuzzPaths(_ input: [UInt8]) {
    // The whole input too: a path may hold what ends a line, for the parser to refuse.
    for text in lines(input) + [String(decoding: input, as: UTF8.self)] {
        checkPath(text)
        if let value = PercentCoding.headerValue(text) { checkPath(value) }
    }
}

private func checkPath(_ text: String) {
    let path = attempt([.filePathRule]) { () throws(Failure) in try FilePath(text) }
    let text = text.normalized
    require((path != nil) == isLegal(text), "\(path == nil ? "refused" : "taken"): \(Array(text.utf8))")
    guard let path else { return }
    require(isEqual(path.text, text), "another path: \(path.text)")
    let scalars = Array(text.unicodeScalars)
    let name = String(String.UnicodeScalarView(scalars.suffix(from: (scalars.lastIndex(of: "/") ?? -1) + 1)))
    require(isEqual(String(path.name), name), "another name: \(path.name)")
    for isInline in [false, true] {
        let field = ContentDisposition.field(path: text, mediaType: "image/png", inline: isInline)
        checkDisposition(field, name: name)
    }
    let type = ContentType(named: nil, path: path).type
    require(type.utf8.contains(UInt8(ascii: "/")), "no media type: \(type)")
}

/// The rules, read from the contract scalar by scalar, and not as `FilePath` does it.
private func isLegal(_ text: String) -> Bool {
    var length = 0
    var segment: [Unicode.Scalar] = []
    let isWhole = { (segment: [Unicode.Scalar]) in
        !segment.isEmpty && segment != ["."] && segment != [".", "."]
            && segment.reduce(0) { $0 + UTF8.width($1) } <= 255
    }
    for scalar in text.unicodeScalars {
        length += UTF8.width(scalar)
        if scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar == "\\" { return false }
        if scalar == "/" {
            if !isWhole(segment) { return false }
            segment = []
        } else {
            segment.append(scalar)
        }
    }
    return length <= 1024 && isWhole(segment)
}

private func checkDisposition(_ field: String, name: String) {
    require(field.utf8.allSatisfy { (0x20..<0x7F).contains($0) }, "not for a header: \(field)")
    require(field.utf8.count { $0 == UInt8(ascii: "\"") } == 2, "quotes in a name: \(field)")
    let bytes = Array(field.utf8)
    let mark = Array("; filename*=".utf8)
    guard let start = bytes.indices.last(where: { bytes[$0...].starts(with: mark) }) else {
        fatalError("no name: \(field)")
    }
    let extended = String(decoding: bytes[(start + mark.count)...], as: UTF8.self)
    require(PercentCoding.headerValue(extended).map { isEqual($0, name) } == true, "another name: \(field)")
}

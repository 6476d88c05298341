// Tokens and what they are made of. The input is a token, the header of one, its payload, base64 and JSON at once.

internal import Text

private let now = HTTPDate(seconds: 1_764_000_000)
private let signature = base64URL([UInt8](repeating: 7, count: 32))
private let header = base64URL(Array(#"{"alg":"HS256","kid":"k"}"#.utf8))

func fuzzTokens(_ input: [UInt8]) {
    let part = base64URL(input)
    if let text = String(validating: input, as: UTF8.self) { checkToken(text) }
    checkToken("\(part).e30.\(signature)")
    checkToken("\(header).\(part).\(signature)")
    checkBase64(input)
    checkJSON(input)
}

private func base64URL(_ bytes: [UInt8]) -> String {
    Base64.encode(bytes).replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
}

private func checkToken(_ text: String) {
    guard let token = attempt([.tokenUndecodable], { () throws(Failure) in try AccessToken(text) }) else { return }
    require(text.utf8.count <= 8192 && token.signature.count == 32, "the signature has \(token.signature.count) bytes")
    require(
        isEqual(String(decoding: token.signedBytes, as: UTF8.self) + "." + base64URL(token.signature), text),
        "other parts")
    let head = token.signedBytes.split(separator: UInt8(ascii: "."))[0]
    let json = Base64.decodeURL(head).flatMap { try? JSON($0) }
    require(json?["alg"] == .string("HS256") && json?["kid"] == .string(token.keyID), "another header")
    checkClaims(of: token)
}

private func checkClaims(of token: AccessToken) {
    let claims = attempt([.tokenClaims, .tokenUndecodable]) { () throws(Failure) in try token.claims(at: now) }
    guard let claims else { return }
    require(isUUID(claims.userID) && isUUID(claims.sessionID), "no UUID")
    require(claims.expires.seconds >= now.seconds - 30, "expired at \(claims.expires)")
    let payload = token.signedBytes.split(separator: UInt8(ascii: "."))[1]
    guard let json = Base64.decodeURL(payload).flatMap({ try? JSON($0) }) else { fatalError("no payload") }
    require(json["user_id"] == .string(claims.userID) && json["sid"] == .string(claims.sessionID), "another user")
    require(json["role"] == .string(claims.role.rawValue), "another role")
    require(json["sub"] == nil || json["sub"] == json["user_id"], "another subject")
}

private func checkBase64(_ input: [UInt8]) {
    require(Base64.decodeURL(Array(base64URL(input).utf8)[...]) == input, "not decoded")
    require(Base64.decodeStandard(Base64.encode(input)) == input, "not decoded")
    // One text for each value.
    if let bytes = Base64.decodeURL(input[...]) {
        require(base64URL(bytes).utf8.elementsEqual(input), "a second form: \(input)")
    }
    if let text = String(validating: input, as: UTF8.self), let bytes = Base64.decodeStandard(text) {
        require(isEqual(Base64.encode(bytes), text), "a second form: \(text)")
    }
}

private func checkJSON(_ input: [UInt8]) {
    if let text = String(validating: input, as: UTF8.self) {
        require((try? JSON(Array(JSON.quoted(text).utf8)))?.string.map { isEqual($0, text) } == true, "another text")
    }
    guard let json = try? JSON(input) else { return }
    let text = written(json)
    require((try? JSON(Array(text.utf8))) == json, "another value: \(text)")
    if let integer = json.integer {
        require(JSON.number(String(integer)).integer == integer, "another number: \(integer)")
    }
}

private func written(_ json: JSON) -> String {
    switch json {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .number(let text): text
    case .string(let text): JSON.quoted(text)
    case .array(let elements): "[" + elements.map(written).joined(separator: ", ") + "]"
    case .object(let members):
        "{" + members.map { JSON.quoted($0.key) + ": " + written($0.value) }.joined(separator: ",") + "}"
    }
}

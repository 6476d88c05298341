// Request parameters in libfcgi's form or in the environment: a null-terminated array of `NAME=value` strings.

internal import CFastCGI

/// The first value of a parameter.
///
/// The corresponding C function is `FCGX_GetParam`. The name is static, so that a lookup allocates only the value.
func value(of name: StaticString, in list: FCGX_ParamArray?) throws(GatewayError) -> String? {
    let key = unsafe UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
    guard let list = unsafe list, let value = unsafe FCGX_GetParam(key, list) else { return nil }
    guard let text = unsafe String(validatingCString: value) else { throw .malformedParameter("\(name)") }
    return text
}

/// All values of a parameter, in order.
func values(of name: StaticString, in list: FCGX_ParamArray?) throws(GatewayError) -> [String] {
    let key = unsafe UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
    guard var rest = unsafe list else { return [] }
    var values: [String] = []
    while let value = unsafe FCGX_GetParam(key, rest) {
        guard let text = unsafe String(validatingCString: value) else { throw .malformedParameter("\(name)") }
        values.append(text)
        // Continue after the entry that was found. It begins with the name and `=`.
        let found = unsafe UnsafePointer(value) - name.utf8CodeUnitCount - 1
        while let entry = unsafe rest.pointee, unsafe UnsafePointer(entry) != found { unsafe rest += 1 }
        unsafe rest += 1
    }
    return values
}

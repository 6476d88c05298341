internal import CFastCGI

/// Looks a parameter up in what libfcgi or the process's environment holds: `NAME=value` strings, NULL at the end.
///
/// The corresponding C function is `FCGX_GetParam`. Only the value is allocated; it ends at a NUL byte.
func value(of name: StaticString, in list: FCGX_ParamArray?) throws(GatewayError) -> String? {
    let key = unsafe UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
    guard let list = unsafe list, let value = unsafe FCGX_GetParam(key, list) else { return nil }
    guard let text = unsafe String(validatingCString: value) else { throw .malformedParameter("\(name)") }
    return text
}

/// The same for one that the list may have several times.
func values(of name: StaticString, in list: FCGX_ParamArray?) throws(GatewayError) -> [String] {
    let key = unsafe UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
    guard var rest = unsafe list else { return [] }
    var values: [String] = []
    while let value = unsafe FCGX_GetParam(key, rest) {
        guard let text = unsafe String(validatingCString: value) else { throw .malformedParameter("\(name)") }
        values.append(text)
        // On behind the one that was found: the name and `=` stand before its value.
        let found = unsafe UnsafePointer(value) - name.utf8CodeUnitCount - 1
        while let entry = unsafe rest.pointee, unsafe UnsafePointer(entry) != found { unsafe rest += 1 }
        unsafe rest += 1
    }
    return values
}

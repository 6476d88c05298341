// Request parameters in libfcgi's form or in the environment: a null-terminated array of `NAME=value` strings.

internal import CFastCGI
internal import Glibc

/// The parameters of one request, which must outlive it. The lengths of their names are measured once, since a request
/// is asked for some twenty names.
@safe struct ParameterList {
    private var entries: [(text: UnsafePointer<CChar>, nameLength: Int)] = unsafe []

    /// Replaces the parameters by those of a list.
    mutating func fill(_ list: FCGX_ParamArray?) {
        unsafe entries.removeAll(keepingCapacity: true)
        guard var next = unsafe list else { return }
        while let entry = unsafe next.pointee {
            if let equals = unsafe strchr(entry, Int32(UInt8(ascii: "="))) {
                unsafe entries.append((UnsafePointer(entry), equals - entry))
            }
            unsafe next += 1
        }
    }

    /// The first value of a parameter. The name is static, so that a look-up allocates only the value.
    func value(of name: StaticString) throws(GatewayError) -> String? {
        guard let index = index(of: name, from: 0) else { return nil }
        return try value(at: index, name)
    }

    /// All values of a parameter, in order.
    func values(of name: StaticString) throws(GatewayError) -> [String] {
        var values: [String] = []
        var next = 0
        while let index = index(of: name, from: next) {
            values.append(try value(at: index, name))
            next = index + 1
        }
        return values
    }

    private func index(of name: StaticString, from start: Int) -> Int? {
        let length = name.utf8CodeUnitCount
        var index = start
        while unsafe index < entries.count {
            let entry = unsafe entries[index]
            if unsafe entry.nameLength == length && memcmp(entry.text, name.utf8Start, length) == 0 { return index }
            index += 1
        }
        return nil
    }

    private func value(at index: Int, _ name: StaticString) throws(GatewayError) -> String {
        let entry = unsafe entries[index]
        guard let text = unsafe String(validatingCString: entry.text + entry.nameLength + 1) else {
            throw .malformedParameter("\(name)")
        }
        return text
    }
}

// Request parameters in libfcgi's form or in the environment: a null-terminated array of `NAME=value` strings.

internal import CFastCGI

/// The parameters of one request, which must outlive it. The lengths of their names are measured once, since a request
/// is asked for some twenty names.
@safe struct ParameterList {
    private let equals = CChar(bitPattern: UInt8(ascii: "="))
    private var entries: [(text: UnsafePointer<CChar>, nameLength: Int)] = unsafe []

    /// Replaces the parameters by those of a list.
    mutating func fill(_ list: FCGX_ParamArray?) {
        unsafe entries.removeAll(keepingCapacity: true)
        guard var next = unsafe list else { return }
        while let entry = unsafe next.pointee {
            var length = 0
            while unsafe entry[length] != 0 && entry[length] != equals { length += 1 }
            if unsafe entry[length] == equals { unsafe entries.append((UnsafePointer(entry), length)) }
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
            if unsafe entries[index].nameLength == length && begins(entries[index].text, with: name) { return index }
            index += 1
        }
        return nil
    }

    private func begins(_ text: UnsafePointer<CChar>, with name: StaticString) -> Bool {
        for place in 0..<name.utf8CodeUnitCount
        where unsafe UInt8(bitPattern: text[place]) != name.utf8Start[place] { return false }
        return true
    }

    private func value(at index: Int, _ name: StaticString) throws(GatewayError) -> String {
        let entry = unsafe entries[index]
        guard let text = unsafe String(validatingCString: entry.text + entry.nameLength + 1) else {
            throw .malformedParameter("\(name)")
        }
        return text
    }
}

// The output of `coffer config`: a configuration file with the purpose and the origin of each value.

extension Configuration {
    /// All options as a configuration file, which Coffer, systemd and a shell read the same way. Passwords are `***`.
    public var dump: String {
        settings.map { setting in
            let option = setting.option
            return """
                # \(option.help)
                # Takes: \(option.form). From: \(setting.origin).
                \(option.name)=\(asFileValue(setting.shown))

                """
        }.joined(separator: "\n")
    }
}

/// The text, in double quotes if a shell or systemd would read it differently without them.
private func asFileValue(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "+")...UInt8(ascii: ":"), UInt8(ascii: "_"), UInt8(ascii: "="), UInt8(ascii: "@"): true
        default: false
        }
    }
    if isPlain { return text }
    return "\"" + text.map { "\"\\$`".contains($0) ? "\\\($0)" : "\($0)" }.joined() + "\""
}

// Which file of options is read. The process and the disk are the caller's, so this can be tested without either.

extension Configuration {
    /// Reads the configuration: command line, environment, file, default, in that order. COFFER_CONFIG names the file.
    ///
    /// - Parameters:
    ///   - arguments: values from the command line, by name of the option; nil for one that was not given.
    ///   - environment: looks up an environment variable.
    ///   - contents: the text of a file; nil if there is no such file.
    /// - Throws: `ConfigurationError`, also if COFFER_CONFIG names a file that does not exist or cannot be read.
    public static func load<Problem: Error>(
        arguments: [String: String?] = [:], environment: (String) -> String?,
        contents: (_ path: String) throws(Problem) -> String?
    ) throws(ConfigurationError) -> Configuration {
        let named = environment("COFFER_CONFIG")
        let path = named ?? defaultPath
        let refuse = { (reason: String) in
            ConfigurationError(
                option: "COFFER_CONFIG", problem: "\(path) cannot be read: \(reason)",
                origin: named == nil ? .default : .environment)
        }
        let text: String?
        do { text = try contents(path) } catch { throw refuse("\(error)") }
        if named != nil, text == nil { throw refuse("there is no such file") }
        return try Configuration(
            arguments: arguments.compactMapValues { $0 }, environment: environment, file: text.map { (path, $0) })
    }
}

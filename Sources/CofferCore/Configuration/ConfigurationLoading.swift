// Finds and reads the configuration file. The caller provides the environment and the file system, so tests need
// neither.

extension Configuration {
    /// Loads the configuration, with the file that COFFER_CONFIG names, or else `defaultPath` if it exists.
    ///
    /// - Parameters:
    ///   - arguments: the values from the command line, by the option's name. nil for an option that is not there.
    ///   - environment: returns the value of an environment variable.
    ///   - contents: returns the text of a file, or nil if the file does not exist.
    /// - Throws: `ConfigurationError` for an invalid value, for a file that cannot be read, and if COFFER_CONFIG names
    ///   a file that does not exist.
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

// The installation's options, read from the process and the disk.

public import CofferCore
internal import System

/// Reads the configuration: command line, environment, file, default, in that order.
///
/// - Parameter arguments: values from the command line, by name of the option; nil for one that was not given.
/// - Throws: `ConfigurationError`, also for a file that COFFER_CONFIG names and that cannot be read.
public func loadConfiguration(arguments: [String: String?] = [:]) throws(ConfigurationError) -> Configuration {
    try Configuration(
        arguments: arguments.compactMapValues { $0 }, environment: Environment.value, file: try optionsFile())
}

/// The file COFFER_CONFIG names, which must be there, or the usual one if it is.
private func optionsFile() throws(ConfigurationError) -> (path: String, text: String)? {
    let named = Environment.value("COFFER_CONFIG")
    let path = named ?? Configuration.standardFile
    do {
        return (path, String(decoding: try FileSystem.contents(of: path), as: UTF8.self))
    } catch {
        if named == nil, error.number == Errno.noSuchFile { return nil }
        throw ConfigurationError(
            option: "COFFER_CONFIG", problem: "\(path) cannot be read: \(error)",
            origin: named == nil ? .standard : .environment)
    }
}

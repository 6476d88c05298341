// The installation's options, read from the process and the disk.

internal import CofferCore
internal import System

/// Reads the configuration; `arguments` are values from the command line, by name of the option.
func loadConfiguration(arguments: [String: String?] = [:]) throws(Failure) -> Configuration {
    do {
        return try Configuration(
            arguments: arguments.compactMapValues { $0 }, environment: Environment.value, file: try optionsFile())
    } catch let error as ConfigurationError {
        throw Failure(error.description)
    } catch let failure as Failure {
        throw failure
    } catch {
        throw Failure("The configuration cannot be read.")
    }
}

/// The file COFFER_CONFIG names, which must be there, or the usual one if it is.
private func optionsFile() throws(Failure) -> (path: String, text: String)? {
    let named = Environment.value("COFFER_CONFIG")
    let path = named ?? Configuration.standardFile
    do {
        return (path, String(decoding: try FileSystem.contents(of: path), as: UTF8.self))
    } catch let error where named == nil && error.number == Errno.noSuchFile {
        return nil
    } catch {
        throw Failure("\(path): \(error)")
    }
}

// Loads the configuration. Its errors become failures of the command.

internal import BlobStore
internal import CofferCore
internal import POSIX

/// Loads the configuration.
///
/// - Parameter arguments: values from the command line, by the option's name.
/// - Throws: also for an invalid storage URL. (A worker starts all the same, and answers 503.)
func loadConfiguration(arguments: [String: String?] = [:]) throws(Failure) -> Configuration {
    do throws(ConfigurationError) {
        let configuration = try Configuration.load(
            arguments: arguments, environment: Environment.value, contents: FileSystem.text)
        try checkStorage(configuration)
        return configuration
    } catch {
        throw Failure("\(error)")
    }
}

private func checkStorage(_ configuration: Configuration) throws(ConfigurationError) {
    do {
        try checkStorageURL(configuration.storageURL)
    } catch {
        let option = "COFFER_STORAGE_URL"
        let origin = configuration.settings.first { $0.option.name == option }?.origin ?? .default
        throw ConfigurationError(option: option, problem: error.message, origin: origin)
    }
}

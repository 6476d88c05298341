// The installation's options, as the command's failures tell what is wrong with them.

internal import BlobStore
internal import CofferCore
internal import POSIX

/// Reads the configuration; `arguments` are values from the command line, by name of the option.
///
/// - Throws: also for a storage URL that no store can be opened by. A worker answers 503 then, where it can still answer;
///   the command has nobody to answer.
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
        let origin = configuration.settings.first { $0.option.name == option }?.origin ?? .standard
        throw ConfigurationError(option: option, problem: error.message, origin: origin)
    }
}

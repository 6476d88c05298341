// The installation's options, as the command's failures tell what is wrong with them.

internal import CofferCore
internal import CofferProcess

/// Reads the configuration; `arguments` are values from the command line, by name of the option.
func loadConfiguration(arguments: [String: String?] = [:]) throws(Failure) -> Configuration {
    do { return try CofferProcess.loadConfiguration(arguments: arguments) } catch { throw Failure("\(error)") }
}

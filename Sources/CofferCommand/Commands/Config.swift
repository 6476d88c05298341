// coffer config

internal import ArgumentParser
internal import CofferCore

struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show every option, its value and its origin. Passwords are hidden.")

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: .hidden)
    var webServerTexts = false

    func run() throws {
        if webServerTexts { return print(WebServerTexts.file, terminator: "") }
        let configuration = try loadConfiguration()
        if json {
            print(
                jsonText(
                    configuration.settings.map { setting in
                        ["name": setting.option.name, "value": setting.shown, "origin": setting.origin.description]
                    }))
        } else {
            print(configuration.dump, terminator: "")
        }
    }
}

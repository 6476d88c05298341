// Runs embed-sql over sql/ when one of its files has changed: for CofferSchema it writes the files' text, for
// CofferService the level alone, so that the worker carries no SQL that it does not run.

import Foundation
import PackagePlugin

@main
struct EmbedSQL: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let folder = context.package.directoryURL.appending(path: "sql")
        let what = target.name == "CofferSchema" ? "text" : "level"
        let output = context.pluginWorkDirectoryURL.appending(path: "SQL-\(what).swift")
        return [
            .buildCommand(
                displayName: "Embedding the \(what) of sql/", executable: try context.tool(named: "embed-sql").url,
                arguments: [what, folder.path, output.path], inputFiles: try files(in: folder), outputFiles: [output])
        ]
    }

    /// The folders as well as the files, so that a new file is noticed.
    private func files(in folder: URL) throws -> [URL] {
        let folders = [folder, folder.appending(path: "migrations"), folder.appending(path: "code")]
        let files = try folders.flatMap {
            try FileManager.default.contentsOfDirectory(at: $0, includingPropertiesForKeys: nil)
        }
        return folders + files.filter { $0.pathExtension == "sql" }.sorted { $0.path < $1.path }
    }
}

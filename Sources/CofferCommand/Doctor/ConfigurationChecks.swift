// The configuration: can it be read, is it valid, and who else can read or change it.

internal import CofferCore
internal import POSIX

extension DoctorChecks {
    static let configuration: [DoctorCheck<DoctorSubject>] = [
        DoctorCheck(
            "configuration.readable", asks: "the configuration file",
            expects: "the file that COFFER_CONFIG names can be read",
            mend: "Correct COFFER_CONFIG, or run the command as root or as the workers' user."
        ) { _ in
            let path = configurationPath()
            do {
                if try FileSystem.text(of: path) != nil { return .ok(path) }
            } catch {
                return .error("\(path): \(error)")
            }
            return Environment.value("COFFER_CONFIG") == nil
                ? .ok("there is no \(path); the environment and the defaults count")
                : .error("there is no \(path)")
        },
        DoctorCheck(
            "configuration.valid", asks: "the options in the file and in the environment",
            expects: "all options are known and their values valid",
            mend: "Correct the option. `COFFER_CONFIG=/dev/null coffer config` lists all of them.",
            needs: ["configuration.readable"]
        ) { subject in
            let settings = try subject.configuration().settings
            return .ok("\(settings.count { $0.origin != .default }) of \(settings.count) options are set")
        },
        DoctorCheck(
            "configuration.mode", asks: "the permissions of the configuration file",
            expects: "only the owner can write it; others cannot read it if it contains a password",
            mend: "chown root:www-data FILE && chmod 0640 FILE, with the workers' group",
            needs: ["configuration.valid"]
        ) { subject in
            let path = configurationPath()
            guard let status = try FileSystem.statusIfPresent(path), status.kind == .regular else {
                return .inapplicable("there is no file")
            }
            let mode = "mode \(octal(status.mode))"
            if status.mode & 0o022 != 0 { return .error("\(path) has \(mode)") }
            let names = passwords(try subject.configuration())
            if status.mode & 0o004 != 0, let name = names.first {
                return .error("\(path) has \(mode), and \(name) contains a password")
            }
            return .ok(mode)
        },
        DoctorCheck(
            "configuration.owner-password", asks: "COFFER_OWNER_DATABASE_URL in the file",
            expects: "the file, which the workers read, does not contain the owner's password",
            mend: "Remove it from the file, and set COFFER_OWNER_DATABASE_URL in the environment of each command.",
            needs: ["configuration.valid"]
        ) { subject in
            passwords(try subject.configuration()).contains("COFFER_OWNER_DATABASE_URL")
                ? .warning("the file contains a password in COFFER_OWNER_DATABASE_URL") : .ok("no password")
        },
        DoctorCheck(
            "configuration.silenced", asks: "COFFER_DOCTOR_SILENCED",
            expects: "only ids of checks; `coffer doctor --list` shows them", mend: "Correct or remove the id.",
            needs: ["configuration.valid"]
        ) { subject in
            let silenced = try subject.configuration().silencedChecks.keys
            let unknown = silenced.filter { id in !all.contains { $0.id == id } }.sorted()
            return unknown.isEmpty
                ? .ok("\(silenced.count) checks") : .warning("no check is called \(unknown.joined(separator: ", "))")
        },
    ]

    private static func configurationPath() -> String {
        Environment.value("COFFER_CONFIG") ?? Configuration.defaultPath
    }

    /// The options in the file whose values contain a password.
    private static func passwords(_ configuration: Configuration) -> [String] {
        configuration.settings.compactMap { setting in
            guard case .file = setting.origin, setting.hidesPassword else { return nil }
            return setting.option.name
        }
    }
}

/// Permission bits as `0640`.
func octal(_ mode: UInt32) -> String {
    let digits = String(mode, radix: 8)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}

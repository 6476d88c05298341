// A private PostgreSQL server for one run of a test program, on a Unix socket in a temporary directory. It ends with
// the test process, even after a crash, since a shell waits for the end of a pipe from that process.

import Foundation

public enum PrivateServer {
    /// The connection string for the superuser. The server starts at the first use.
    public static let conninfo: String = start()

    /// The server runs until this pipe is closed.
    private static let shutdownPipe = Pipe()

    private static let script = """
        set -eu
        directory=$(mktemp -d /tmp/coffer-postgres.XXXXXX)
        trap 'rm -rf "$directory"' EXIT
        programs=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
        as_postgres() { "$@"; }
        if [ "$(id -u)" = 0 ]; then
            chown postgres "$directory"
            as_postgres() { runuser -u postgres -- "$@"; }
        fi
        cd "$directory"
        as_postgres "$programs/initdb" -D data -U postgres -A trust -E UTF8 --locale=C --no-sync >&2
        as_postgres "$programs/pg_ctl" -D data -l "$directory/log" -w -s \\
            -o "-c listen_addresses= -c fsync=off -c synchronous_commit=local \\
                -c synchronous_standby_names=missing -k $directory" start >&2
        echo "$directory"
        read -r _ || true
        as_postgres "$programs/pg_ctl" -D data -m immediate -s stop >&2
        """

    private static func start() -> String {
        let shell = Process()
        let output = Pipe()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", script]
        shell.standardInput = shutdownPipe
        shell.standardOutput = output
        shell.standardError = FileHandle.nullDevice
        do { try shell.run() } catch { fatalError("cannot run a shell: \(error)") }
        let directory = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard directory.hasSuffix("\n") else { fatalError("PostgreSQL does not start") }
        return "host=\(directory.dropLast()) user=postgres dbname=postgres"
    }
}

// The socket and the workers behind it.

internal import CofferCore
internal import POSIX

extension DoctorChecks {
    static let socket: [DoctorCheck<DoctorSubject>] = [
        DoctorCheck(
            "socket.exists", asks: "the workers' socket, COFFER_SOCKET", expects: "a Unix socket, or a TCP address",
            mend: "systemctl start coffer. Where a web server starts the workers by itself, silence this check.",
            needs: ["configuration.valid"]
        ) { subject in
            let socket = try subject.configuration().socket
            guard case .path(let path) = socket else { return .ok("\(socket)") }
            guard let status = try FileSystem.statusIfPresent(path) else { return .error("there is no \(path)") }
            return status.kind == .socket ? .ok(path) : .error("\(path) is not a socket")
        },
        DoctorCheck(
            "socket.mode", asks: "the permissions of the socket", expects: "those of COFFER_SOCKET_MODE",
            mend: "systemctl restart coffer; with socket activation, correct SocketMode= in coffer.socket",
            needs: ["socket.exists"]
        ) { subject in
            let configuration = try subject.configuration()
            guard case .path(let path) = configuration.socket else { return .inapplicable("the workers use TCP") }
            let mode = try FileSystem.status(path).mode & 0o777
            let came = octal(mode)
            return mode == configuration.socketMode
                ? .ok(came) : .warning("\(came) instead of \(octal(configuration.socketMode))")
        },
        DoctorCheck(
            "socket.listening", asks: "a connection to the socket", expects: "a pool accepts it",
            mend: "systemctl restart coffer; its log is in `journalctl -u coffer`", needs: ["socket.exists"]
        ) { subject in
            _ = try connection(subject)
            return .ok("connected")
        },
    ]

    static let pool: [DoctorCheck<DoctorSubject>] = [
        DoctorCheck(
            "pool.answers", asks: "/health/live of a worker", expects: "status 200 within 3 seconds",
            mend: "All workers are busy or do not start: see `journalctl -u coffer`; raise COFFER_WORKERS. Over TCP, "
                + "add this host's address to COFFER_WEB_SERVERS, or silence this check.",
            needs: ["socket.listening"]
        ) { subject in
            let status = try answer(subject, "/health/live").status
            return status == 200 ? .ok("200") : .error("\(status)")
        },
        DoctorCheck(
            "pool.user", asks: "the user that runs the workers", expects: "the owner of the store's directory",
            mend: "Correct User= in coffer.service, or the owner of the store.",
            needs: ["socket.listening", "storage.owner"]
        ) { subject in
            guard let root = try subject.directory() else { return .noDirectory }
            let (process, user) = try connection(subject).listener()
            guard isPool(process) else { return .inapplicable("the socket was made by another program") }
            let (workers, owner) = (FileOwner(user: user, group: 0), try FileSystem.status(root).fileOwner)
            return user == owner.user
                ? .ok(owner.userName) : .error("\(workers.userName), but \(owner.userName) owns the store")
        },
        DoctorCheck(
            "pool.program", asks: "the program that the pool runs", expects: "the installed one",
            mend: "systemctl restart coffer", needs: ["socket.listening"]
        ) { subject in
            let process = try connection(subject).listener().process
            guard isPool(process), let path = process.executablePath else {
                return .inapplicable("the socket was made by another program, or the pool is another user's")
            }
            let programs = [path] + process.children.compactMap { Process(id: $0).executablePath }
            return programs.contains { $0.hasSuffix(deleted) }
                ? .warning("it was replaced since the start") : .ok(path)
        },
        DoctorCheck(
            "pool.workers", asks: "the number of workers", expects: "COFFER_WORKERS",
            mend: "Restart the pool to use the configuration; see `journalctl -u coffer` for workers that end.",
            needs: ["socket.listening"]
        ) { subject in
            let process = try connection(subject).listener().process
            guard isPool(process) else { return .inapplicable("the socket was made by another program") }
            let (found, wanted) = (process.children.count, try subject.configuration().workers)
            if found == 0 { return .inapplicable("the pool's processes cannot be seen from here") }
            return found == wanted ? .ok("\(found)") : .warning("\(found) instead of \(wanted)")
        },
        DoctorCheck(
            "pool.ready", asks: "/health/ready of a worker", expects: "status 200",
            mend: "`journalctl -u coffer` says why. Workers read the configuration when they start.",
            needs: [
                "pool.answers", "database.schema", "database.clock", "storage.registered", "storage.mark",
                "storage.writable", "s3.writable",
            ], limit: .seconds(8)
        ) { subject in
            let answer = try answer(subject, "/health/ready")
            if answer.status == 200 { return .ok("200") }
            let details = (try? JSON(answer.body))?["details"]?.string
            return .error("\(answer.status)\(details.map { ", \($0)" } ?? "")")
        },
    ]

    private static let deleted = " (deleted)"

    private static func connection(_ subject: DoctorSubject) throws -> FastCGIRequest {
        try FastCGIRequest(subject.configuration().socket, timeout: DoctorSubject.patience)
    }

    private static func answer(_ subject: DoctorSubject, _ path: String) throws -> FastCGIAnswer {
        try connection(subject).get(try subject.configuration().basePath + path)
    }

    /// How many bytes all workers have read so far. nil if that cannot be seen from here.
    static func bytesRead(_ subject: DoctorSubject) -> Int64? {
        guard let process = try? connection(subject).listener().process else { return nil }
        let workers = isPool(process) ? process.children.map { Process(id: $0) } : []
        let counts = workers.compactMap(\.bytesRead)
        return counts.isEmpty || counts.count != workers.count ? nil : counts.reduce(0, +)
    }

    /// Whether a process is `coffer serve`. With socket activation, systemd has made the socket.
    private static func isPool(_ process: Process) -> Bool { process.name == "coffer" }
}

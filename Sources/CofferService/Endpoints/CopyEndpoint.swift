// 3. The copy of a file or a folder. The store copies the bytes.

internal import CofferCore
internal import Storage

struct CopyEndpoint {
    let database: Database
    let storage: StoreCache
    let logger: Logger

    /// `POST /rpc/copy`: returns the number of files.
    func copy(_ request: Request, from caller: Caller) throws(Failure) -> Response {
        let type = try request.negotiate([MediaType.json, MediaType.singular])
        let paths = try request.arguments()
        let user = UploadUser(caller: caller, request: request, database: database, isLong: true)
        try CurrentStore(database: database, storage: storage).recognise(logger)
        let count = try logger.reporting { try FileCopy(paths, in: storage, user).perform() }
        return Response(200, [.contentType(type), .noStore], .text("\(count)"))
    }
}

/// The way requests come in.
public enum Gateway {
    /// Serves requests on the calling thread: one in plain CGI, otherwise until asked to stop.
    public static func serve(_ handle: (any Exchange) -> Void) throws(GatewayError) {
        fatalError("not yet")
    }
}

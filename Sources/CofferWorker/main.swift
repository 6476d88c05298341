// coffer.fcgi: the worker. Loads, serves, exits.

internal import CofferCore
internal import CofferService
internal import Gateway
internal import Monitoring
internal import POSIX

do {
    let configuration = try Configuration.load(environment: Environment.value, contents: FileSystem.text)
    Gateway.admit(configuration.webServers)
    let service = Service(configuration, counters: PoolCounters.inherited())
    if !Gateway.isCGI { service.warmUp() }
    try Gateway.serve {
        service.handle($0)
    } afterwards: {
        // A CGI process does not know when this last ran, so it runs it after one in 16 requests, at random.
        if !Gateway.isCGI || Int.random(in: 0..<16) == 0 { service.afterRequest() }
    }
} catch GatewayError.openToAll {
    let problem = "over TCP, COFFER_WEB_SERVERS must name the web servers, and the socket must be of IPv4"
    StandardError.write(line: "coffer.fcgi: \(problem)", .error)
    exit(status: 1)
} catch {
    StandardError.write(line: "coffer.fcgi: \(error)", .error)
    exit(status: 1)
}

// The answer to a request, read whole.

internal import HTTP

struct S3Response {
    let head: HTTPHead
    let body: [UInt8]
}

// What the head of a download asks for, and how the web server offers to send the file.

internal import CofferCore
internal import Text

/// How the web server offers to send a file of the local store.
enum SendfileOffer {
    /// nginx's internal locations. The first one always sends the whole file, the last one also a part. If there is
    /// only one, it may do either.
    case accelRedirect(locations: [Substring])
    /// Apache's field, with the path in the file system.
    case xSendfile
}

/// A location by which the web server fetches from a remote store, and that store's origin.
struct RemoteOffer {
    let location: Substring
    let origin: Substring
}

extension Request {
    /// The conditions of a read.
    var conditions: ReadConditions {
        get throws(Failure) {
            ReadConditions(
                ifMatch: try text(.ifMatch), ifUnmodifiedSince: try text(.ifUnmodifiedSince),
                ifNoneMatch: try text(.ifNoneMatch), ifModifiedSince: try text(.ifModifiedSince))
        }
    }

    /// The value of `Range`. nil for several fields: they are several ranges, and the whole file is sent.
    ///
    /// Apache would cut a part out of a response that is meant to be whole. So its site removes the field, and passes
    /// the value in a variable.
    var byteRange: String? {
        get throws(Failure) {
            if let hidden = try text(.hiddenRange) { return hidden }
            let lines = try texts(.range)
            return lines.count == 1 ? lines[0] : nil
        }
    }

    /// `If-Range`. An empty value is not nil: it matches no version.
    var ifRange: String? {
        get throws(Failure) { try all(.ifRange).first }
    }

    /// Whether the web server itself sees a range.
    var hasRange: Bool {
        get throws(Failure) { try !texts(.range).isEmpty }
    }

    /// Whether a web server that evaluates the range itself finds the same part as we do.
    var isPlainRange: Bool {
        get throws(Failure) {
            let lines = try texts(.range)
            return lines.count == 1 && ByteRange.isPlain(lines[0])
        }
    }

    /// nil if the web server does not offer to send files.
    var sendfile: SendfileOffer? {
        get throws(Failure) {
            guard let offer = try text(.sendfile) else { return nil }
            if offer == "x-sendfile" { return .xSendfile }
            let prefix = "x-accel-redirect:"
            guard offer.hasPrefix(prefix) else { return nil }
            let locations = offer.utf8.dropFirst(prefix.utf8.count).split(separator: UInt8(ascii: " "))
            return .accelRedirect(locations: locations.map { Substring($0) })
        }
    }

    /// nil if the web server does not offer to fetch files.
    var remoteSendfile: RemoteOffer? {
        get throws(Failure) {
            guard let words = try text(.sendfileRemote)?.split(separator: " "), words.count == 2 else { return nil }
            return RemoteOffer(location: words[0], origin: words[1])
        }
    }
}

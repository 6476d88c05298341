// What a download's head asks for, and how its web server offers to send a file.

internal import CofferCore

/// How the web server offers to send a file of the store that it knows.
enum SendfileOffer {
    /// Locations of nginx: of files that it sends whole whatever the request says, and of those that it takes a part
    /// of. Where there is only one, it may do either.
    case accelRedirect(locations: [Substring])
    /// Apache's way, by the path in the file system.
    case xSendfile
}

/// A location in which the web server fetches from a remote store, and that store's origin.
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

    /// The range of bytes that is asked for. Several lines are several ranges, which are not served.
    ///
    /// Apache would make parts of what we send whole, so its site hides the header from it, and reports it in a
    /// variable.
    var byteRange: String? {
        get throws(Failure) {
            if let hidden = try text(.hiddenRange) { return hidden }
            let lines = try texts(.range)
            return lines.count == 1 ? lines[0] : nil
        }
    }

    /// `If-Range`; an empty one is there and names no version.
    var ifRange: String? {
        get throws(Failure) { try all(.ifRange).first }
    }

    /// Whether the web server sees a range at all.
    var hasRange: Bool {
        get throws(Failure) { try !texts(.range).isEmpty }
    }

    /// Whether a web server that judges the range itself comes to the same part.
    var isPlainRange: Bool {
        get throws(Failure) {
            let lines = try texts(.range)
            return lines.count == 1 && ByteRange.isPlain(lines[0])
        }
    }

    /// nil where the web server does not offer to send files.
    var sendfile: SendfileOffer? {
        get throws(Failure) {
            guard let offer = try text(.sendfile) else { return nil }
            if offer == "x-sendfile" { return .xSendfile }
            let prefix = "x-accel-redirect:"
            guard offer.hasPrefix(prefix) else { return nil }
            return .accelRedirect(locations: offer.dropFirst(prefix.count).split(separator: " "))
        }
    }

    /// nil where the web server does not offer to fetch files.
    var remoteSendfile: RemoteOffer? {
        get throws(Failure) {
            guard let words = try text(.sendfileRemote)?.split(separator: " "), words.count == 2 else { return nil }
            return RemoteOffer(location: words[0], origin: words[1])
        }
    }
}

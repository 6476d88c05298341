// A session for the checks that need one: made through the owner's connection without a password, valid for a minute,
// and removed at the end. The audit log records neither, as it records logins and changes, and here is none.

internal import Postgres
internal import Synchronization

final class DoctorSession: Sendable {
    private let made = Mutex<(id: String, token: String)?>(nil)

    /// The token. The session is made when it is first needed.
    ///
    /// - Throws: also if no enabled account has this address.
    func token(_ owner: OwnerConnection, email: String) throws(Failure) -> String {
        if let known = made.withLock({ $0?.token }) { return known }
        let new = try owner.call(
            """
            with made as (
                insert into internal.sessions (user_id, role, expires_at)
                select u.id, u.role, now() + interval '1 minute' from internal.find_user($1) u
                where u.disabled_at is null
                returning id, user_id, role, expires_at)
            select m.id, internal.sign_token(m.id, m.user_id, m.role, floor(extract(epoch from now()))::bigint,
                floor(extract(epoch from m.expires_at))::bigint) as token
            from made m
            """, [.text(email)]
        ).readFirst { (id: try $0.text("id"), token: try $0.text("token")) }
        guard let new else { throw Failure("There is no enabled account with the address of --user.") }
        made.withLock { $0 = new }
        return new.token
    }

    /// Removes the session, if there is one. It would expire soon, so a failure does not matter.
    func end(_ subject: DoctorSubject) {
        guard let id = made.withLock({ $0.take()?.id }) else { return }
        _ = try? subject.owner().call("delete from internal.sessions where id = $1::text::uuid", [.text(id)])
    }
}

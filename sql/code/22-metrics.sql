-- The figures of the whole installation, for monitoring. The worker's login and the operator get numbers only.
set local role coffer_owner;

-- A monitoring system asks every few seconds, so this must be cheap: the totals of files are those of the ledgers, and
-- the other tables that are counted are short unless something is wrong.
create function internal.metrics()
returns table (users bigint, sessions bigint, files bigint, file_bytes bigint, trash_bytes bigint,
    discarded_blobs bigint, resumable_uploads bigint, listed_uploads bigint, login_failures bigint,
    gc_succeeded_at bigint, check_succeeded_at bigint, backup_succeeded_at bigint)
language sql stable security definer set search_path = ''
begin atomic
    select
        (select count(*) from internal.users),
        (select count(*) from internal.sessions s where s.expires_at > now()),
        t.files, t.file_bytes, t.trash_bytes, g.discarded_blobs,
        (select count(*) from internal.uploads u where u.expires_at > now()),
        g.listed_uploads, f.login_failures, r.gc_succeeded_at, r.check_succeeded_at, r.backup_succeeded_at
    from (
            select coalesce(sum(l.file_count), 0)::bigint as files,
                coalesce(sum(l.used_bytes), 0)::bigint as file_bytes,
                coalesce(sum(l.trash_bytes), 0)::bigint as trash_bytes
            from internal.ledgers l) t,
        (
            select count(*) filter (where d.reason <> 'uploading') as discarded_blobs,
                count(*) filter (where d.reason = 'uploading') as listed_uploads
            from internal.garbage d) g,
        (
            -- A failure has a row for the account, which a success deletes, and one for the address if it is known.
            select greatest(count(l.account), count(l.address)) as login_failures
            from internal.login_failures l where l.failed_at > now() - interval '15 minutes') f,
        (
            select max(n.seconds) filter (where n.kind = 'gc') as gc_succeeded_at,
                max(n.seconds) filter (where n.kind = 'check') as check_succeeded_at,
                max(n.seconds) filter (where n.kind = 'backup') as backup_succeeded_at
            from (select kind, floor(extract(epoch from succeeded_at))::bigint as seconds from internal.runs) n) r;
end;
grant execute on function internal.metrics() to coffer_authenticator;
comment on function internal.metrics() is
    'Returns figures of the whole installation: numbers and times, and nothing of any user. For the worker and the '
    'operator.';

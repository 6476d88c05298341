-- The audit log: how a row is chained, recorded, verified and shown.
set local role coffer_owner;

create policy editor_select_own on internal.audit_log for select to coffer_editor
    using (user_id = (select internal.current_user_id()));
create policy admin_select_all on internal.audit_log for select to coffer_admin using (true);
grant select (id, occurred_at, actor_id, user_id, action, subject, request_id, remote_address)
    on internal.audit_log to coffer_editor, coffer_admin;
-- Deliberately not granted: chain, position and hash, which are for the operator; insert, update and delete.
comment on table internal.audit_log is 'Append-only record of logins and changes.';
comment on column internal.audit_log.actor_id is 'Who did it; null for the operator and for anonymous requests.';
comment on column internal.audit_log.user_id is 'Whose account or file it was; null if there is no such account.';
comment on column internal.audit_log.subject is
    'Path of the file, e-mail address of the account, kid of the key, or address that is blocked. What was typed at a '
    'failed login is not recorded: it may be a password in the wrong field.';
comment on column internal.audit_log.chain is
    'User that the chain belongs to; all zeros for the chain of rows that belong to no user.';
comment on column internal.audit_log.position is 'Place in the chain, from 1, without gaps.';
comment on column internal.audit_log.hash is 'Hash of this row and of the hash before it, see internal.audit_hash.';

-- Users see the totals of their own files, and admins those of all, in api.users.
create policy editor_select_own on internal.ledgers for select to coffer_editor
    using (user_id = (select internal.current_user_id()));
create policy admin_select_all on internal.ledgers for select to coffer_admin using (true);
grant select (user_id, file_count, used_bytes, trash_bytes, version_bytes)
    on internal.ledgers to coffer_editor, coffer_admin;
-- Deliberately not granted: the head of the chain; and insert, update and delete, because internal.record and
-- internal.record_all alone change the rows.
comment on table internal.ledgers is 'The totals of each user''s files, and the head of the user''s chain.';
comment on column internal.ledgers.user_id is
    'A user, perhaps deleted; all zeros for the chain of rows that belong to no user.';
comment on column internal.ledgers.file_count is 'Number of files.';
comment on column internal.ledgers.used_bytes is 'Bytes of all files.';
comment on column internal.ledgers.trash_bytes is
    'Bytes of the trash with its versions, which count toward the quota, too.';
comment on column internal.ledgers.version_bytes is 'Bytes of the versions, which are part of the trash.';
comment on column internal.ledgers.chain_length is 'Number of rows in the chain of the audit log.';
comment on column internal.ledgers.chain_hash is 'Hash of the last row of the chain; empty if there is none.';

-- A failed login belongs to no user's chain, even if the account exists. Otherwise its transaction would wait for
-- another lock than a failed login to an unknown account, and the time would show which accounts exist.
create function internal.audit_chain(p_action text, p_user_id uuid) returns uuid
language sql immutable parallel safe
return case when p_user_id is null or p_action in ('login_failed', 'login_blocked')
    then '00000000-0000-0000-0000-000000000000'::uuid else p_user_id end;
comment on function internal.audit_chain(text, uuid) is 'Returns the chain that a row of the audit log belongs to.';

-- The row is hashed as a JSON array: different rows give different texts, and nothing depends on time zone, locale or
-- settings. The hash can be computed outside the database. Each argument is used once, so that PostgreSQL inlines it.
create function internal.audit_hash(
    p_previous bytea, p_chain uuid, p_position bigint, p_id bigint, p_occurred_at timestamptz, p_actor_id uuid,
    p_user_id uuid, p_action text, p_subject text, p_request_id text, p_remote_address text) returns bytea
language sql stable parallel safe
return sha256(p_previous || convert_to(json_build_array(p_chain, p_position, p_id,
    (extract(epoch from p_occurred_at) * 1000000)::bigint, p_actor_id, p_user_id, p_action, p_subject, p_request_id,
    p_remote_address)::text, 'UTF8'));
comment on function internal.audit_hash(
        bytea, uuid, bigint, bigint, timestamptz, uuid, uuid, text, text, text, text) is
    'Returns the SHA-256 of the hash before (empty for the first row) and of the row as a JSON array, its time in '
    'microseconds.';

-- The totals change in the same statement as the head of the chain, and in the same transaction as the files. The
-- update locks the ledger until the commit, so the quota holds however many uploads end at once. If it waits for that
-- lock, PostgreSQL evaluates its expressions again on the new row, so that the id is drawn again too: within a chain,
-- ids grow.
create function internal.record(
    p_action text, p_user_id uuid, p_subject text, p_actor_id uuid default internal.current_user_id(),
    p_files bigint default 0, p_bytes bigint default 0, p_trash_bytes bigint default 0,
    p_version_bytes bigint default 0, p_growth bigint default 0) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_chain constant uuid := internal.audit_chain(p_action, p_user_id);
    v_request_id constant text := nullif(current_setting('coffer.request_id', true), '');
    v_address constant text := nullif(current_setting('coffer.remote_address', true), '');
    v_id bigint;
    v_position bigint;
    v_hash bytea;
    v_used_bytes bigint;
    v_trash_bytes bigint;
begin
    loop
        update internal.ledgers l
        set file_count = l.file_count + p_files, used_bytes = l.used_bytes + p_bytes,
            trash_bytes = l.trash_bytes + p_trash_bytes, version_bytes = l.version_bytes + p_version_bytes,
            chain_length = l.chain_length + 1,
            chain_hash = internal.audit_hash(l.chain_hash, v_chain, l.chain_length + 1,
                nextval('internal.audit_log_id_seq'), now(), p_actor_id, p_user_id, p_action, p_subject, v_request_id,
                v_address)
        where l.user_id = v_chain
        returning currval('internal.audit_log_id_seq'), l.chain_length, l.chain_hash, l.used_bytes,
            l.trash_bytes
        into v_id, v_position, v_hash, v_used_bytes, v_trash_bytes;
        exit when found;
        insert into internal.ledgers (user_id) values (v_chain) on conflict do nothing;
    end loop;
    -- The failure says what the trash holds without what this would add.
    if p_growth > 0 then
        perform internal.require_quota(v_used_bytes + p_trash_bytes + internal.reserved_bytes(p_user_id),
            v_trash_bytes - p_trash_bytes, u.quota_bytes)
        from internal.users u where u.id = p_user_id and u.quota_bytes is not null;
    end if;
    insert into internal.audit_log (
        id, occurred_at, actor_id, user_id, action, subject, request_id, remote_address, chain, position, hash)
    overriding system value
    values (v_id, now(), p_actor_id, p_user_id, p_action, p_subject, v_request_id, v_address, v_chain, v_position,
        v_hash);
end
$$;
comment on function internal.record(text, uuid, text, uuid, bigint, bigint, bigint, bigint, bigint) is
    'Records one action in the user''s chain, and adds to the totals of the user''s files and trash. KF006 if they '
    'grow by p_growth bytes beyond the quota. Nothing but this function and the next writes the audit log and the '
    'ledgers. Call it last: it locks the user''s ledger.';

-- The hashes are computed first and then written by one statement: updating the head for each of a hundred thousand
-- files would leave as many dead rows, through which the next update has to step.
create function internal.record_all(
    p_action text, p_user_id uuid, p_subjects text[], p_files bigint default 0, p_bytes bigint default 0,
    p_trash_bytes bigint default 0, p_version_bytes bigint default 0, p_growth bigint default 0) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_chain constant uuid := internal.audit_chain(p_action, p_user_id);
    v_actor_id constant uuid := internal.current_user_id();
    v_request_id constant text := nullif(current_setting('coffer.request_id', true), '');
    v_address constant text := nullif(current_setting('coffer.remote_address', true), '');
    v_subject text;
    v_id bigint;
    v_length bigint;
    v_hash bytea;
    v_ids bigint[] := '{}';
    v_hashes bytea[] := '{}';
    v_used_bytes bigint;
    v_trash_bytes bigint;
begin
    loop
        select l.chain_length, l.chain_hash into v_length, v_hash
        from internal.ledgers l where l.user_id = v_chain for no key update;
        exit when found;
        insert into internal.ledgers (user_id) values (v_chain) on conflict do nothing;
    end loop;
    foreach v_subject in array p_subjects loop
        v_id := nextval('internal.audit_log_id_seq');
        v_length := v_length + 1;
        v_hash := internal.audit_hash(v_hash, v_chain, v_length, v_id, now(), v_actor_id, p_user_id, p_action,
            v_subject, v_request_id, v_address);
        v_ids := v_ids || v_id;
        v_hashes := v_hashes || v_hash;
    end loop;
    insert into internal.audit_log (
        id, occurred_at, actor_id, user_id, action, subject, request_id, remote_address, chain, position, hash)
    overriding system value
    select n.id, now(), v_actor_id, p_user_id, p_action, n.subject, v_request_id, v_address, v_chain,
        v_length - cardinality(p_subjects) + n.number, n.hash
    from unnest(v_ids, p_subjects, v_hashes) with ordinality as n (id, subject, hash, number);
    update internal.ledgers l
    set file_count = l.file_count + p_files, used_bytes = l.used_bytes + p_bytes,
        trash_bytes = l.trash_bytes + p_trash_bytes, version_bytes = l.version_bytes + p_version_bytes,
        chain_length = v_length, chain_hash = v_hash
    where l.user_id = v_chain
    returning l.used_bytes, l.trash_bytes into v_used_bytes, v_trash_bytes;
    -- The failure says what the trash holds without what this would add.
    if p_growth > 0 then
        perform internal.require_quota(v_used_bytes + p_trash_bytes + internal.reserved_bytes(p_user_id),
            v_trash_bytes - p_trash_bytes, u.quota_bytes)
        from internal.users u where u.id = p_user_id and u.quota_bytes is not null;
    end if;
end
$$;
comment on function internal.record_all(text, uuid, text[], bigint, bigint, bigint, bigint, bigint) is
    'Does what internal.record does, for each of the subjects; the numbers are those of all together.';

create function internal.audit_heads() returns table (chain uuid, length bigint, hash text)
language sql stable security definer set search_path = ''
begin atomic
    select l.user_id, l.chain_length, encode(l.chain_hash, 'hex') from internal.ledgers l order by l.user_id;
end;
comment on function internal.audit_heads() is
    'Returns the head of each chain, its hash in hex. Keep them where a person who can write to this database cannot '
    'write. For the operator.';

-- One pass over the rows in the order of their chains. Each row is compared with the current state of the row before
-- it, so one altered row does not make all later rows wrong.
create function internal.verify_audit(p_heads jsonb default null)
returns table (chain uuid, "position" bigint, id bigint, problem text)
language sql stable security definer set search_path = ''
begin atomic
    with linked as (
        select a.chain, a.position, a.id, a.hash,
            a.position - coalesce(lag(a.position) over chain_order, 0) - 1 as missing,
            a.id < lag(a.id) over chain_order as is_displaced,
            a.hash = internal.audit_hash(coalesce(lag(a.hash) over chain_order, ''), a.chain, a.position, a.id,
                a.occurred_at, a.actor_id, a.user_id, a.action, a.subject, a.request_id, a.remote_address)
                as is_intact,
            row_number() over chain_order as number,
            lead(a.position) over chain_order is null as is_last
        from internal.audit_log a
        window chain_order as (partition by a.chain order by a.position)
    ),
    problem as (
        select l.chain, l.position, l.id,
            case
                when l.missing > 0 then format('Missing: %s rows before this one.', l.missing)
                when l.is_displaced then 'Out of order: the row before this one is younger.'
                else 'Altered: this row or the hash of the row before it is not what was recorded.'
            end as problem
        from linked l
        where l.missing > 0 or l.is_displaced or not l.is_intact
        union all
        select coalesce(h.user_id, l.chain), l.position, l.id,
            case
                when h.user_id is null then 'The chain has no head.'
                when h.chain_length <> coalesce(l.number, 0)
                    then format('The head says %s rows, there are %s.', h.chain_length, coalesce(l.number, 0))
                else 'The head does not have the hash of the last row.'
            end
        from internal.ledgers h
        full join (select * from linked where linked.is_last) l on l.chain = h.user_id
        where h.user_id is null or h.chain_length <> coalesce(l.number, 0) or h.chain_hash <> l.hash
        union all
        select h.chain, h.length, a.id, 'The saved head is not in its chain any more: rows were cut off or replaced.'
        from jsonb_to_recordset(p_heads) as h (chain uuid, length bigint, hash text)
        left join internal.audit_log a on a.chain = h.chain and a.position = h.length
        where encode(a.hash, 'hex') is distinct from h.hash
    )
    select p.chain, p.position, p.id, p.problem from problem p order by p.chain, p.position, p.problem;
end;
comment on function internal.verify_audit(jsonb) is
    'Returns what is wrong with the audit log; no row if nothing is. Compares it with p_heads too, saved heads as an '
    'array of what audit_heads returned. For the operator.';
-- Deliberately not granted: any of these functions.

create view api.audit_log with (security_invoker = true) as
select a.id, a.occurred_at, a.actor_id, a.user_id, a.action, a.subject, a.request_id, a.remote_address
from internal.audit_log a;
grant select on api.audit_log to coffer_editor, coffer_admin;
-- Deliberately not granted: anything to coffer_anonymous, and anything but select.
comment on view api.audit_log is
    'Who did what and when: for an editor on their own account and files, for an admin on all.';

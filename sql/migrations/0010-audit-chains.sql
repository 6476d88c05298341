-- An audit log that shows when it was tampered with.
--
-- Every row carries the hash of itself and of the row before it, so that a row which is changed, removed or moved
-- breaks the chain behind it. There is a chain for each user, and one for what is nobody's: one chain for all would
-- make everybody's uploads wait for each other. The head of each chain says how long it is and how it ends, so that
-- a cut tail shows as well. Who can write to all of this can also forge all of it, from the first row to the head:
-- against that, heads are kept elsewhere (internal.audit_heads) and compared later (internal.verify_audit).
set local role coffer_owner;

alter table internal.audit_log
    add column chain uuid,
    add column position bigint,
    add column hash bytea,
    alter column actor_id drop default,
    alter column request_id drop default,
    alter column remote_address drop default,
    drop constraint audit_log_action_check,
    add constraint audit_log_action_check check (action in (
        'login', 'login_failed', 'login_blocked', 'logout', 'session_revoke', 'retrieve', 'store', 'move', 'delete',
        'user_create', 'user_password', 'user_disable', 'user_enable', 'user_role', 'user_quota', 'user_delete',
        'key_rotate', 'key_retire'));

create table internal.audit_chains (
    chain uuid primary key,
    length bigint not null check (length >= 0),
    hash bytea not null
);
alter table internal.audit_chains enable row level security;
alter table internal.audit_chains force row level security;
create policy owner_read on internal.audit_chains for select to coffer_owner using (true);
create policy owner_add on internal.audit_chains for insert to coffer_owner with check (true);
create policy owner_advance on internal.audit_chains for update to coffer_owner using (true) with check (true);
-- No policy for delete: a chain outlives its user. No grants: heads move in internal.record alone.
comment on table internal.audit_chains is 'The head of each chain of the audit log: how long it is, and its last hash.';

-- A failed login belongs to nobody's chain, even when the account is known: its transaction would else wait for
-- another lock than a failed login of nobody does, and the time taken would tell which accounts there are.
create function internal.audit_chain(p_action text, p_user_id uuid) returns uuid
language sql immutable parallel safe
return case when p_user_id is null or p_action in ('login_failed', 'login_blocked')
    then '00000000-0000-0000-0000-000000000000'::uuid else p_user_id end;
comment on function internal.audit_chain(text, uuid) is 'The chain that a row of the audit log belongs to.';

-- The text of a row is a JSON array, in which no two rows are alike, and nothing in it depends on time zone, locale or
-- settings. Anybody can compute it again outside the database.
create function internal.audit_hash(p_previous bytea, p_row internal.audit_log) returns bytea
language sql stable parallel safe
return sha256(p_previous || convert_to(json_build_array((p_row).chain, (p_row).position, (p_row).id,
    (extract(epoch from (p_row).occurred_at) * 1000000)::bigint, (p_row).actor_id, (p_row).user_id, (p_row).action,
    (p_row).subject, (p_row).request_id, (p_row).remote_address)::text, 'UTF8'));
comment on function internal.audit_hash(bytea, internal.audit_log) is
    'SHA-256 of the hash before (empty for a first row) and of the row as a JSON array; its time in microseconds.';

-- What was recorded before there were chains is chained as it stands. For this once the owner may change rows.
alter table internal.audit_log no force row level security;
do $$
declare
    v_row internal.audit_log;
    v_chain uuid;
    v_position bigint;
    v_hash bytea;
begin
    for v_row in
        select * from internal.audit_log a order by internal.audit_chain(a.action, a.user_id), a.id
    loop
        v_row.chain := internal.audit_chain(v_row.action, v_row.user_id);
        if v_chain is distinct from v_row.chain then
            v_chain := v_row.chain;
            v_position := 0;
            v_hash := '';
        end if;
        v_position := v_position + 1;
        v_row.position := v_position;
        v_hash := internal.audit_hash(v_hash, v_row);
        update internal.audit_log a set chain = v_chain, position = v_position, hash = v_hash where a.id = v_row.id;
    end loop;
end
$$;
alter table internal.audit_log force row level security;
insert into internal.audit_chains (chain, length, hash)
select distinct on (a.chain) a.chain, a.position, a.hash from internal.audit_log a order by a.chain, a.position desc;

alter table internal.audit_log
    alter column chain set not null,
    alter column position set not null,
    alter column hash set not null,
    add constraint audit_log_position_check check (position > 0),
    add constraint audit_log_chain_key unique (chain, position);
comment on column internal.audit_log.chain is
    'The user whose chain it is; all zeros for the chain of what is nobody''s.';
comment on column internal.audit_log.position is 'Place in the chain, from 1, without gaps.';
comment on column internal.audit_log.hash is 'Of this row and the hash before it, see internal.audit_hash.';

-- The only writer. Whoever holds the head of a chain holds it until the commit, so calling this comes last in a
-- transaction. The hashes of all subjects are computed first, and then written by one statement: a head that changed
-- with each of a hundred thousand files would leave as many dead rows, each a step on the way to the next.
create function internal.record(
    p_action text, p_user_id uuid, p_subjects text[], p_actor_id uuid default internal.current_user_id()) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_row internal.audit_log;
    v_hash bytea;
    v_ids bigint[] := '{}';
    v_hashes bytea[] := '{}';
begin
    v_row.chain := internal.audit_chain(p_action, p_user_id);
    v_row.occurred_at := now();
    v_row.actor_id := p_actor_id;
    v_row.user_id := p_user_id;
    v_row.action := p_action;
    v_row.request_id := nullif(current_setting('coffer.request_id', true), '');
    v_row.remote_address := nullif(current_setting('coffer.remote_address', true), '');
    loop
        select c.length, c.hash into v_row.position, v_hash
        from internal.audit_chains c where c.chain = v_row.chain for no key update;
        exit when found;
        insert into internal.audit_chains (chain, length, hash) values (v_row.chain, 0, '') on conflict do nothing;
    end loop;
    foreach v_row.subject in array p_subjects loop
        v_row.id := nextval('internal.audit_log_id_seq');
        v_row.position := v_row.position + 1;
        v_hash := internal.audit_hash(v_hash, v_row);
        v_ids := v_ids || v_row.id;
        v_hashes := v_hashes || v_hash;
    end loop;
    insert into internal.audit_log (
        id, occurred_at, actor_id, user_id, action, subject, request_id, remote_address, chain, position, hash)
    overriding system value
    select n.id, v_row.occurred_at, v_row.actor_id, v_row.user_id, v_row.action, n.subject, v_row.request_id,
        v_row.remote_address, v_row.chain, v_row.position - cardinality(p_subjects) + n.number, n.hash
    from unnest(v_ids, p_subjects, v_hashes) with ordinality as n (id, subject, hash, number);
    update internal.audit_chains c set length = v_row.position, hash = v_hash where c.chain = v_row.chain;
end
$$;
comment on function internal.record(text, uuid, text[], uuid) is
    'Records one action on each of the subjects (array[null] for none), in the chain of the user. The only writer of '
    'the audit log; to be called last, as it locks the head of the chain.';

create function internal.audit_heads() returns table (chain uuid, length bigint, hash text)
language sql stable security definer set search_path = ''
begin atomic
    select c.chain, c.length, encode(c.hash, 'hex') from internal.audit_chains c order by c.chain;
end;
comment on function internal.audit_heads() is
    'The head of each chain, its hash in hex. To be kept where nobody who can write to this database can write.';

-- One pass over the rows in the order of their chains. Each row is judged by the row before it as that one stands now:
-- so one altered row is one problem and not a broken rest.
create function internal.verify_audit(p_heads jsonb default null)
returns table (chain uuid, "position" bigint, id bigint, problem text)
language sql stable security definer set search_path = ''
begin atomic
    with linked as (
        select a.chain, a.position, a.id, a.hash,
            a.position - coalesce(lag(a.position) over chain_order, 0) - 1 as missing,
            a.id < lag(a.id) over chain_order as is_displaced,
            a.hash = internal.audit_hash(coalesce(lag(a.hash) over chain_order, ''), a) as is_intact,
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
        select coalesce(c.chain, l.chain), l.position, l.id,
            case
                when c.chain is null then 'The chain has no head.'
                when c.length <> coalesce(l.number, 0)
                    then format('The head says %s rows, there are %s.', c.length, coalesce(l.number, 0))
                else 'The head does not have the hash of the last row.'
            end
        from internal.audit_chains c
        full join (select * from linked where linked.is_last) l on l.chain = c.chain
        where c.chain is null or c.length <> coalesce(l.number, 0) or c.hash <> l.hash
        union all
        select h.chain, h.length, a.id, 'The saved head is not in its chain any more: rows were cut off or replaced.'
        from jsonb_to_recordset(p_heads) as h (chain uuid, length bigint, hash text)
        left join internal.audit_log a on a.chain = h.chain and a.position = h.length
        where encode(a.hash, 'hex') is distinct from h.hash
    )
    select p.chain, p.position, p.id, p.problem from problem p order by p.chain, p.position, p.problem;
end;
-- Deliberately not granted: any of these functions, to anybody. Records are made by the owner's functions and verified
-- by the operator.
comment on function internal.verify_audit(jsonb) is
    'What is wrong with the audit log; no row when nothing is. Compares with heads that were kept, an array of what '
    'audit_heads returned.';

-- GET /audit_log.
create policy editor_select_own on internal.audit_log for select to coffer_editor
    using (user_id = (select internal.current_user_id()));
create policy admin_select_all on internal.audit_log for select to coffer_admin using (true);
grant select (id, occurred_at, actor_id, user_id, action, subject, request_id, remote_address)
    on internal.audit_log to coffer_editor, coffer_admin;
-- Deliberately not granted: chain, position and hash, which are the operator's; and insert, update and delete.
comment on column internal.audit_log.subject is
    'Path of the file, e-mail of the account, kid of the key, or address that is blocked. What was typed at a failed '
    'login is not kept: it may be a password in the wrong field.';

create view api.audit_log with (security_invoker = true) as
select a.id, a.occurred_at, a.actor_id, a.user_id, a.action, a.subject, a.request_id, a.remote_address
from internal.audit_log a;
grant select on api.audit_log to coffer_editor, coffer_admin;
-- Deliberately not granted: anything to coffer_anonymous, and anything but select.
comment on view api.audit_log is
    'Who did what and when: for an editor on their own account and files, for an admin all.';

-- The writers there were, now by way of internal.record. Those of logging in, files and users follow with what else
-- changes about them.
create or replace function internal.rotate_key() returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_kid constant text := encode(extensions.gen_random_bytes(8), 'hex');
begin
    insert into internal.jwt_keys (kid, secret) values (v_kid, extensions.gen_random_bytes(32));
    perform internal.record('key_rotate', null, array[v_kid]);
    return v_kid;
end
$$;

create or replace function internal.retire_key(p_kid text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    -- Two retirements at once must not leave no key: each sees what the other did.
    lock table internal.jwt_keys in share row exclusive mode;
    if not exists (select from internal.jwt_keys k where k.kid = p_kid and k.retired_at is null) then
        raise exception using errcode = 'KF014', message = 'There is no usable key with this kid.';
    end if;
    if p_kid = (select k.kid from internal.jwt_keys k where k.retired_at is null order by k.serial_number desc limit 1)
    then
        raise exception using errcode = 'KF014', message = 'The newest key signs tokens and cannot be retired.',
            hint = 'Rotate first.';
    end if;
    update internal.jwt_keys k set secret = null, retired_at = now() where k.kid = p_kid;
    perform internal.record('key_retire', null, array[p_kid]);
end
$$;

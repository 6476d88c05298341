-- The audit log: how a row is chained, recorded, verified and shown.
set local role coffer_owner;

create policy editor_select_own on internal.audit_log for select to coffer_editor
    using (user_id = (select internal.current_user_id()));
create policy admin_select_all on internal.audit_log for select to coffer_admin using (true);
grant select (id, occurred_at, actor_id, user_id, action, subject, request_id, remote_address)
    on internal.audit_log to coffer_editor, coffer_admin;
-- Deliberately not granted: chain, position and hash, which are for the operator; insert, update and delete; and
-- audit_chains, which internal.record alone changes.
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
comment on table internal.audit_chains is 'The head of each chain of the audit log: its length and its last hash.';
comment on function internal.is_audit_action(text) is 'Returns whether the audit log has this action.';

-- A failed login belongs to no user's chain, even if the account exists. Otherwise its transaction would wait for
-- another lock than a failed login to an unknown account, and the time would show which accounts exist.
create function internal.audit_chain(p_action text, p_user_id uuid) returns uuid
language sql immutable parallel safe
return case when p_user_id is null or p_action in ('login_failed', 'login_blocked')
    then '00000000-0000-0000-0000-000000000000'::uuid else p_user_id end;
comment on function internal.audit_chain(text, uuid) is 'Returns the chain that a row of the audit log belongs to.';

-- The row is hashed as a JSON array: different rows give different texts, and nothing depends on time zone, locale or
-- settings. The hash can be computed outside the database.
create function internal.audit_hash(p_previous bytea, p_row internal.audit_log) returns bytea
language sql stable parallel safe
return sha256(p_previous || convert_to(json_build_array((p_row).chain, (p_row).position, (p_row).id,
    (extract(epoch from (p_row).occurred_at) * 1000000)::bigint, (p_row).actor_id, (p_row).user_id, (p_row).action,
    (p_row).subject, (p_row).request_id, (p_row).remote_address)::text, 'UTF8'));
comment on function internal.audit_hash(bytea, internal.audit_log) is
    'Returns the SHA-256 of the hash before (empty for the first row) and of the row as a JSON array, its time in '
    'microseconds.';

-- The head of a chain stays locked until the commit. The hashes of all subjects are computed first and then written by
-- one statement: updating the head for each of a hundred thousand files would leave as many dead rows, through which
-- the next update has to step. One subject, the case of every upload, is inserted without arrays.
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
    if cardinality(p_subjects) = 1 then
        v_row.hash := v_hash;
        insert into internal.audit_log overriding system value values (v_row.*);
    else
        insert into internal.audit_log (
            id, occurred_at, actor_id, user_id, action, subject, request_id, remote_address, chain, position, hash)
        overriding system value
        select n.id, v_row.occurred_at, v_row.actor_id, v_row.user_id, v_row.action, n.subject, v_row.request_id,
            v_row.remote_address, v_row.chain, v_row.position - cardinality(p_subjects) + n.number, n.hash
        from unnest(v_ids, p_subjects, v_hashes) with ordinality as n (id, subject, hash, number);
    end if;
    update internal.audit_chains c set length = v_row.position, hash = v_hash where c.chain = v_row.chain;
end
$$;
comment on function internal.record(text, uuid, text[], uuid) is
    'Records one action on each of the subjects (array[null] if there is none) in the user''s chain. Nothing else '
    'writes the audit log. Call it last: it locks the head of the chain.';

create function internal.audit_heads() returns table (chain uuid, length bigint, hash text)
language sql stable security definer set search_path = ''
begin atomic
    select c.chain, c.length, encode(c.hash, 'hex') from internal.audit_chains c order by c.chain;
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

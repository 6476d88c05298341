-- Upkeep without cron: a worker does a small share of gc after it has answered a request.
set local role coffer_owner;

-- One row: whoever finds it due and not locked does the share, so the pool does one a minute however many workers ask.
create table internal.upkeep (
    is_only boolean primary key default true check (is_only),
    due_at timestamptz not null default now()
);
alter table internal.upkeep enable row level security;
alter table internal.upkeep force row level security;
create policy owner_all on internal.upkeep to coffer_owner using (true) with check (true);
-- No grants.
comment on table internal.upkeep is 'When workers are to do the next share of gc.';
insert into internal.upkeep default values;

-- The rows are deleted before the blobs, in a transaction that the worker commits when the blobs are gone: a failure
-- brings the rows back, and an upload that commits late waits and finds its row gone. All that a worker in wrong hands
-- gains is to strike from the list what is garbage anyway; never what is still being read, so the grace has a floor.
create function internal.collect_share(p_grace_seconds bigint, p_limit integer) returns table (url text, blob text)
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_limit constant integer := least(greatest(p_limit, 0), 1000);
    v_grace constant interval := make_interval(secs => greatest(p_grace_seconds, 60));
begin
    perform from internal.upkeep u where u.due_at <= now() for update skip locked;
    if not found then
        return;
    end if;
    update internal.upkeep u set due_at = now() + interval '1 minute';
    delete from internal.sessions s
    where s.id = any (array(
        select e.id from internal.sessions e where e.expires_at < now() limit v_limit for update skip locked));
    delete from internal.login_failures f
    where f.ctid = any (array(
        select e.ctid from internal.login_failures e
        where e.failed_at < now() - interval '15 minutes' limit v_limit for update skip locked));
    -- A row without names tells that the share is the caller's.
    return query select null::text, null::text;
    return query
        with gone as (
            delete from internal.discarded_blobs d
            using (select t.store, t.blob from internal.take_discarded(v_grace, v_limit) t) due
            where d.blob = due.blob and d.store = due.store
            returning d.store, d.blob
        )
        select s.url, g.blob::text from gone g join internal.stores s on s.id = g.store;
end
$$;
grant execute on function internal.collect_share(bigint, integer) to coffer_authenticator;
comment on function internal.collect_share(bigint, integer) is
    'What the caller is to remove from the stores before it commits: nothing, unless a share of gc is due.';

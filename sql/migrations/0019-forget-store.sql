-- A store that nothing is in any more leaves the list, and one that is away holds nobody up.
set local role coffer_owner;

-- gc goes on with the other stores: the blobs of those that are away stay on the list, and out of the way.
drop function internal.take_discarded(interval, integer);
create function internal.take_discarded(p_grace interval, p_limit integer, p_away smallint[] default '{}')
returns table (store smallint, url text, blob text)
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if not internal.may_collect() then
        return;
    end if;
    return query
        select d.store, s.url, d.blob::text
        from internal.discarded_blobs d join internal.stores s on s.id = d.store
        -- The first condition is implied by the second, and is one that the index of ages can answer.
        where d.discarded_at <= now() - least(p_grace, interval '7 days')
            and internal.is_due(d.reason, d.discarded_at, p_grace)
            and d.store <> all (p_away)
            and not exists (select from internal.files f where f.blob = d.blob and f.store = d.store)
        order by d.discarded_at
        limit p_limit
        for update of d skip locked;
end
$$;
comment on function internal.take_discarded(interval, integer, smallint[]) is
    'Blobs to remove and their stores, locked until the transaction ends; none of the stores that are away, and none at '
    'all while a backup is made.';

-- Deliberately not granted: take_discarded, to anybody.

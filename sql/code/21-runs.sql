-- When a backup, a check and gc last succeeded.
set local role coffer_owner;

-- No grants: the operator reads it, and the workers record their batches of gc by internal.collect_batch.
comment on table internal.runs is
    'When `coffer backup`, `coffer check` and gc last succeeded; no row for what never did. A batch that the workers '
    'collect counts as gc.';

-- A run that ends early must not replace the time of a later one.
create function internal.record_run(p_kind text) returns void
language sql volatile security definer set search_path = ''
begin atomic
    insert into internal.runs as r (kind, succeeded_at) values (p_kind, clock_timestamp())
    on conflict (kind) do update set succeeded_at = greatest(r.succeeded_at, excluded.succeeded_at);
end;
comment on function internal.record_run(text) is
    'Records that a backup, a check or gc has succeeded now. For the operator.';

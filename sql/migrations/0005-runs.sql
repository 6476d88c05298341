-- When the operator's long work last succeeded: a row for each kind, so that `coffer doctor` and the metrics can say
-- how old the last backup is. Neither logs nor files of one host know that.
set local role coffer_owner;

create table internal.runs (
    kind text primary key check (kind in ('backup', 'check', 'gc')),
    succeeded_at timestamptz not null
);
alter table internal.runs enable row level security, force row level security;
create policy owner_all on internal.runs to coffer_owner using (true) with check (true);

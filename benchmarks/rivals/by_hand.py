"""The subset in hand-written DuckDB: subscriber-days a delivery at a time, sorted, then one aggregate of CASEs per as-of date."""
import sys

import duckdb
from subset import ACTIVE, COLUMNS, LOOK_BACK, RECEIVING, SINCE, TOTALS, job

DAILY = """
    select subscriber_id, (happened_at::date - date '1970-01-01')::int as day, (received_at::date - date '1970-01-01')::int as received,
        {columns}
    from (select *, kind = 'voice' as v, direction = 'out' as o, coalesce(other_party_network, 'unknown') as net, coalesce(duration_s, 0) as s,
          direction = 'forwarded' as f, coalesce(is_answered, duration_s > 0) as a,
          direction = 'in' and kind = 'voice' and coalesce(other_party_network, 'unknown') not in ('own_care', 'short_code')
            and not starts_with(coalesce(other_party_network, ''), 'rival_care:') as p
          from '{file}/*.parquet') group by 1, 2, 3 order by 1, 2, 3"""
WHEN = {"out_calls": "v and o", "in_calls": "p", "sms_out": "not v and o", "own_events": "o or (p and a)",
        "fwd_unconditional": "f and forward_cause = 'unconditional' and coalesce(forwarded_to_network, '') not in ('own_care', 'short_code')",
        **{f"fwd_{c}": f"f and forward_cause = '{c}'" for c in ("busy", "no_answer", "unreachable")},
        "fwd_rival": "f and starts_with(forwarded_to_network, 'rival:')", "care_calls": "o and net = 'own_care'",
        "rival_calls": "v and o and starts_with(net, 'rival:')", "rival_care_calls": "o and starts_with(net, 'rival_care:')",
        "far_calls": "v and o and distance = 'domestic'"}
SECONDS = {"out_s": "v and o", "in_s": "p", "rival_s": "v and o and starts_with(net, 'rival:')"}


def main() -> None:
    todo = job(sys.argv[1:])
    db = duckdb.connect(config={"threads": 4})
    columns = ", ".join(f"sum(case when {SECONDS[c]} then s else 0 end)::bigint as {c}" if c in SECONDS else
                        f"count(case when {WHEN[c]} then 1 end) as {c}" for c in COLUMNS)
    for n, file in enumerate(todo.calls):
        db.execute(f"create table days_{n} as {DAILY.format(columns=columns, file=file)}")
    for as_of in todo.dates:
        day, known = todo.days(as_of)
        union = " union all ".join(f"select * from days_{n}" for n in range(todo.seen(as_of)))
        shown = [f"coalesce(sum(case when day >= {day - w} then {c} end), 0){'/ 60.0' if per == 60 else '::bigint'} as {name}_{w}d"
                 for name, (c, windows, per) in TOTALS.items() for w in windows]
        shown += [f"count(case when day >= {day - w} and own_events > 0 then 1 end) as active_days_{w}d" for w in ACTIVE]
        quiet = "in_calls > 0 and out_calls + sms_out = 0"
        shown += [f"count(case when day >= {day - w} and {quiet} then 1 end) as receive_only_days_{w}d" for w in RECEIVING]
        shown += [f"{day} - max(case when {c} > 0 then day end) as {name}" for name, c in SINCE.items()]
        db.execute(f"""copy (with seen as (from ({union}) where day < {day} and day >= {day - LOOK_BACK} and received < {known}),
            twice as (select subscriber_id, day from seen group by all having count(*) > 1),
            days as (select subscriber_id, day, {', '.join(COLUMNS)} from seen anti join twice using (subscriber_id, day) union all
                     select subscriber_id, day, {', '.join(f'sum({c})' for c in COLUMNS)} from seen semi join twice using (subscriber_id, day)
                     group by all)
            select subscriber_id, {', '.join(shown)} from days group by subscriber_id order by subscriber_id)
            to '{todo.written(as_of)}' (format parquet)""")


if __name__ == "__main__":
    main()

"""Which typed rows are kept: those that break no rule and that were not seen before, here or in the two deliveries before this one."""
from collections.abc import Sequence
from dataclasses import dataclass

from churnkit.engine import F, Frame, W, named, projected, read, settle
from churnkit.extracts import account, compact, contract, lines, parties
from churnkit.extracts.declare import Extract
from churnkit.timeline import Delivery, events

HASH, IS_NEW = "key_hash", "is_new"


@dataclass(frozen=True)
class File:
    """One file of an extract: `split` as it was read, or None where it was set aside for the reason `note`, with all its `rows`."""

    name: str
    digest: str
    size: int
    key: str
    split: lines.Split | None
    rows: int
    note: str = ""


@dataclass(frozen=True)
class Earlier:
    """What an earlier delivery holds of an extract, without the files that are superseded."""

    delivery: str
    hidden: frozenset[int]


def sift(extract: Extract, rows: Frame, files: Sequence[File], delivery: Delivery, earlier: Sequence[Earlier] = ()) \
        -> tuple[Frame, list[account.FileAccount], list[account.Reject]]:
    """The rows to keep, the account of each file, and the rejects."""
    good = named(rows.filter(F.col(contract.BROKEN).isNull()))
    broken = [tuple(r) for r in rows.filter(F.col(contract.BROKEN).isNotNull())
              .select(lines.FILE_NO, lines.LINE, contract.BROKEN).orderBy(lines.FILE_NO, lines.LINE).collect()]
    found = [f for f in (repeated_here(extract, good), repeated_from(extract, good, delivery, earlier)) if f is not None]
    losers = settle(found[0].union(found[1]).distinct()) if len(found) == 2 else found[0] if found else None
    lost = [r[0] for r in losers.select(lines.FILE_NO).collect()] if losers is not None else []
    counted, rejects = [], []
    for n, file in enumerate(files):
        bad = rejected(extract, file, [(line, rule) for file_no, line, rule in broken if file_no == n])
        rejects += bad
        twice = lost.count(n) if file.split else file.rows
        counted.append(account.FileAccount(extract.name, file.name, n, file.digest, file.size, file.key if file.split else "", file.rows,
                                           file.rows - len(bad) - twice, len(bad), twice, file.note))
    if lost:
        good = good.join(losers, on=[lines.FILE_NO, lines.LINE], how="left_anti")
    columns = [c for c in good.columns if c not in (lines.FILE_NO, lines.LINE, contract.BROKEN)]
    return named(good.select(*columns, lines.FILE_NO)), counted, rejects


def rejected(extract: Extract, file: File, broken: list[tuple[int, str]]) -> list[account.Reject]:
    """The rejects of one file in the order of its lines: those that break a rule, and those that are no rows."""
    if file.split is None:
        return []
    raw = lines.raw_lines(file.split.path, {line for line, _ in broken})
    bad = [account.Reject(extract.name, file.name, line, rule.split("|")[0], rule.split("|")[1], contract.said(rule, extract),
                          account.masked(raw[line])) for line, rule in broken]
    bad += [account.Reject(extract.name, file.name, b.line, "", "unreadable", f"the line {b.message}", account.masked(b.raw))
            for b in file.split.bad]
    return sorted(bad, key=lambda r: r.line)


def repeated_here(extract: Extract, good: Frame) -> Frame | None:
    """File and line of every row whose natural key was seen in a row to be kept; None where no key repeats."""
    key = parties.names_of(extract, extract.natural_key)
    hashed = named(good.withColumn(HASH, compact.row_hash(*key)))
    repeated = settle(hashed.groupBy(HASH).agg(F.count(F.lit(1)).alias("times")).filter(F.col("times") > 1).select(HASH))
    if not repeated.limit(1).collect():
        return None
    order = [F.col(lines.FILE_NO), F.col(lines.LINE)]
    window = W.partitionBy(*key).orderBy(*(c.desc() if extract.keep == "last" else c.asc() for c in order))
    suspects = hashed.join(repeated, on=HASH, how="inner").withColumn("copy", F.row_number().over(window))
    return settle(suspects.filter(F.col("copy") > 1).select(lines.FILE_NO, lines.LINE))


def repeated_from(extract: Extract, good: Frame, delivery: Delivery, earlier: Sequence[Earlier]) -> Frame | None:
    """File and line of every row that an earlier delivery brought already; None where there is none.

    Only a row from before this delivery's months can be one, so an ordinary month is compared with little.
    """
    if extract.clock is None or not earlier:
        return None
    clock = F.col(extract.clock).cast("date")
    late = named(good.filter(clock < F.lit(str(delivery.starts)).cast("date")))
    ((oldest,),) = late.select(F.min(clock)).collect()
    if oldest is None:
        return None
    key = parties.names_of(extract, extract.natural_key)
    written = parties.as_written(late, extract)
    new = keyed(projected(late, [lines.FILE_NO, lines.LINE], {name: written[name] for name in key} | {IS_NEW: F.lit(1)}), key)
    found = None
    for there in earlier:
        old = read([events(there.delivery, extract.name)]).filter(F.col(extract.clock).cast("date") >= F.lit(str(oldest)).cast("date"))
        if there.hidden:
            old = old.filter(~F.col(lines.FILE_NO).isin(*sorted(there.hidden)))
        old = projected(named(old), [lines.FILE_NO], {lines.LINE: F.lit(0).cast("bigint"), **{name: F.col(name) for name in key}, IS_NEW: F.lit(0)})
        same = keyed(old, key).join(new.select(HASH).distinct(), on=HASH, how="left_semi")
        found = same if found is None else found.union(same.select(*found.columns))
    columns = [*key, lines.FILE_NO, lines.LINE, IS_NEW]
    both = named(settle(found).select(*columns).union(new.select(*columns)))
    again = both.withColumn("known", F.min(F.col(IS_NEW)).over(W.partitionBy(*key))).filter((F.col("known") == 0) & (F.col(IS_NEW) == 1))
    again = settle(again.select(lines.FILE_NO, lines.LINE))
    return again if again.limit(1).collect() else None


def keyed(rows: Frame, key: list[str]) -> Frame:
    """The rows with the hash of their natural key."""
    return named(rows.withColumn(HASH, compact.row_hash(*key)))


def in_order(columns: list[str], extract: Extract) -> list[str]:
    """The columns to sort by: the subscriber, by its place, then the clock, then all others."""
    places = {name for name in columns if name.endswith(parties.PLACE)}
    first = [name for name in columns if name in places or name == extract.clock]
    return [*sorted(first, key=lambda name: name not in places), *(c for c in columns if c not in first and c + parties.PLACE not in places)]

"""Which typed rows are kept: those that break no rule and that were not seen before, here or in the two deliveries before this one."""
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from churnkit.engine import F, Frame, W, matched, named, projected, settle, stacked
from churnkit.expressions import row_hash
from churnkit.extracts import account, contract, parties
from churnkit.extracts.declare import Extract
from churnkit.extracts.layout import OneLeg
from churnkit.extracts.legs import second_legs
from churnkit.extracts.lines import LINE
from churnkit.extracts.mapping import LEG
from churnkit.extracts.past import Earlier
from churnkit.extracts.reader import File
from churnkit.timeline import FILE_NO, Delivery

HASH, IS_NEW = "key_hash", "is_new"


def sift(extract: Extract, rows: Frame, files: Sequence[File], delivery: Delivery, earlier: Sequence[Earlier] = (),
         one_leg: OneLeg | None = None) -> tuple[Frame, list[account.FileAccount], list[account.Reject]]:
    """The rows to keep, the account of each file, and the rejects; of calls that leave two records `one_leg` says which is the duplicate."""
    good = named(rows.filter(F.col(contract.BROKEN).isNull()))
    broken = [tuple(r) for r in rows.filter(F.col(contract.BROKEN).isNotNull())
              .select(FILE_NO, LINE, contract.BROKEN).orderBy(FILE_NO, LINE).collect()]
    found = [f for f in (repeated_here(extract, good), repeated_from(extract, good, delivery, earlier),
                         second_legs(good, one_leg) if one_leg else None) if f is not None]
    losers = settle(stacked(found).distinct()) if len(found) > 1 else found[0] if found else None
    lost = [r[0] for r in losers.select(FILE_NO).collect()] if losers is not None else []
    wrong: list[list[tuple[int, str]]] = [[] for _ in files]
    for file_no, line, rule in broken:
        wrong[file_no].append((line, rule))
    counted, rejects = [], []
    with ThreadPoolExecutor() as pool:
        rejected_of = list(pool.map(lambda file, mine: rejected(extract, file, mine), files, wrong))
    for n, (file, bad) in enumerate(zip(files, rejected_of, strict=True)):
        rejects += bad
        twice = lost.count(n) if file.split else file.rows
        counted.append(account.FileAccount(extract.name, file.name, n, file.digest, file.size, file.key if file.split else "", file.rows,
                                           file.rows - len(bad) - twice, len(bad), twice, file.note))
    if lost:
        good = matched(good, losers, [FILE_NO, LINE], "anti")
    return projected(good, [*(c for c in good.columns if c not in (FILE_NO, LINE, LEG, contract.BROKEN)), FILE_NO], {}), counted, rejects


def rejected(extract: Extract, file: File, broken: list[tuple[int, str]]) -> list[account.Reject]:
    """The rejects of one file in the order of its lines: those that break a rule, and those that are no rows."""
    if file.split is None:
        return []
    raw = file.split.raw({line for line, _ in broken})
    bad = [account.Reject(extract.name, file.name, line, rule.split("|")[0], rule.split("|")[1], contract.said(rule, extract),
                          account.masked(raw[line])) for line, rule in broken]
    bad += [account.Reject(extract.name, file.name, b.line, "", "unreadable", f"the line {b.message}", account.masked(b.raw))
            for b in file.split.bad]
    return sorted(bad, key=lambda r: r.line)


def repeated_here(extract: Extract, good: Frame) -> Frame | None:
    """File and line of every row whose natural key was seen in a row to be kept; None where no key repeats."""
    key = [name for name in parties.names_of(extract, extract.natural_key) if name in good.columns]
    hashed = keyed(good, key)
    repeated = settle(hashed.groupBy(HASH).agg(F.count(F.lit(1)).alias("times")).filter(F.col("times") > 1).select(HASH))
    if not repeated.limit(1).collect():
        return None
    order = [F.col(FILE_NO), F.col(LINE)]
    window = W.partitionBy(*key).orderBy(*(c.desc() if extract.keep == "last" else c.asc() for c in order))
    suspects = projected(matched(hashed, repeated, [HASH], "semi"), [FILE_NO, LINE], {"copy": F.row_number().over(window)})
    return settle(suspects.filter(F.col("copy") > 1).select(FILE_NO, LINE))


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
    new = keyed(projected(late, [FILE_NO, LINE], {name: written[name] for name in key} | {IS_NEW: F.lit(1)}), key)
    columns = [*key, FILE_NO, LINE, IS_NEW]
    found = [projected(new, columns, {})]
    for there in earlier:
        old = there.rows(extract).filter(F.col(extract.clock).cast("date") >= F.lit(str(oldest)).cast("date"))
        old = keyed(projected(named(old), [*key, FILE_NO], {LINE: F.lit(0).cast("bigint"), IS_NEW: F.lit(0)}), key)
        found.append(settle(projected(matched(old, new, [HASH], "semi"), columns, {})))
    known = projected(stacked(found), [FILE_NO, LINE, IS_NEW], {"known": F.min(F.col(IS_NEW)).over(W.partitionBy(*key))})
    again = settle(projected(known, [FILE_NO, LINE], {}, (F.col("known") == 0) & (F.col(IS_NEW) == 1)))
    return again if again.limit(1).collect() else None


def keyed(rows: Frame, key: list[str]) -> Frame:
    """The rows with the hash of their natural key."""
    return projected(rows, ["*"], {HASH: row_hash(*key)})


def in_order(columns: list[str], extract: Extract) -> list[str]:
    """The columns to sort by: the subscriber, by its place where it has one, then the clock, then all others."""
    places = [name for name in columns if name.endswith(parties.PLACE)]
    first = [*(places or (name for name in columns if name == "subscriber_id")), *([extract.clock] if extract.clock else [])]
    return [*first, *(c for c in columns if c not in first and c + parties.PLACE not in places)]

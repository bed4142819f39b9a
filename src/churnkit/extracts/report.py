"""The account of a delivery as people read it: on a terminal, in Markdown, as JSON, and as one HTML file that needs nothing else."""
import json
from dataclasses import asdict
from html import escape

from churnkit.extracts.account import Account

STYLE = """body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#1c2430}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}
th,td{padding:.3rem .6rem;border-bottom:1px solid #dde3ea;text-align:left;vertical-align:top}th{background:#f4f6f9}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}code{font-size:.85em;word-break:break-all}
.warn{background:#fff4e0;border-left:4px solid #d98200;padding:.5rem 1rem}.good{background:#e9f6ec;border-left:4px solid #2b8a3e;padding:.5rem 1rem}
svg{display:block}polyline{fill:none;stroke:#2563a8;stroke-width:1.5}@media(max-width:40rem){td,th{padding:.2rem}}"""


def summary(account: Account) -> str:
    """The account in one line."""
    return (f"{account.total('read'):,} rows read = {account.total('accepted'):,} accepted + {account.total('rejected'):,} rejected + "
            f"{account.total('duplicates'):,} duplicates")


def tables(account: Account) -> list[tuple[str, list[str], list[list[str | int]]]]:
    """Title, head and rows of what the report shows; a table without rows is left out."""
    by_file: list[list[str | int]] = [[f.extract, f.file, f.read, f.accepted, f.rejected, f.duplicates, f.note] for f in account.files]
    why: list[list[str | int]] = [[extract, message, n, f"{first.file}, line {first.line}", first.raw]
                                  for extract, message, n, first in account.reasons()]
    found = [("Files", ["extract", "file", "read", "accepted", "rejected", "duplicates", "note"], by_file),
             ("Why rows were rejected", ["extract", "why", "rows", "for example", "line, numbers masked"], why)]
    return [table for table in found if table[2]]


def markdown(account: Account) -> str:
    """The account as Markdown."""
    parts = [f"# Delivery {account.delivery}", f"{summary(account)}."]
    if account.accept_rejects:
        parts.append("Run with rejects accepted: no limit stopped it.")
    if account.oddities:
        parts.append("\n".join(["## Days unlike others", "", *(f"- {o.said()}" for o in account.oddities)]))
    for title, head, rows in tables(account):
        line = [f"| {' | '.join(head)} |", f"|{'|'.join('---:' if n else '---' for n in numeric(rows))}|"]
        line += [f"| {' | '.join(f'{c:,}' if isinstance(c, int) else c.replace('|', chr(92) + '|') for c in row)} |" for row in rows]
        parts.append("\n".join([f"## {title}", "", *line]))
    return "\n\n".join(parts) + "\n"


def numeric(rows: list[list[str | int]]) -> list[bool]:
    """Which columns hold numbers."""
    return [isinstance(cell, int) for cell in rows[0]]


def html(account: Account) -> str:
    """The account as one page."""
    parts = [f"<h1>Delivery {escape(account.delivery)}</h1>", f'<p class="{"warn" if account.rejects else "good"}">{summary(account)}.</p>']
    if account.accept_rejects:
        parts.append('<p class="warn">Run with rejects accepted: no limit stopped it.</p>')
    if account.oddities:
        listed = "".join(f"<li>{escape(o.said())}</li>" for o in account.oddities)
        parts.append(f'<h2>Days unlike others</h2><ul class="warn" style="list-style-position:inside">{listed}</ul>')
    for title, head, rows in tables(account):
        marks = [' class="n"' if n else "" for n in numeric(rows)]
        cells = ("".join(f"<td{mark}>{cell_html(name, cell)}</td>" for mark, name, cell in zip(marks, head, row, strict=True)) for row in rows)
        body = "".join(f"<tr>{row}</tr>" for row in cells)
        parts.append(f"<h2>{title}</h2><table><tr>{''.join(f'<th{m}>{escape(h)}</th>' for m, h in zip(marks, head, strict=True))}</tr>{body}</table>")
    parts += [curve(account, extract) for extract in dict.fromkeys(f.extract for f in account.figures)]
    return (f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            f"<title>Account of {escape(account.delivery)}</title><style>{STYLE}</style>{''.join(parts)}</html>\n")


def cell_html(name: str, cell: str | int) -> str:
    """A cell of a table; what stood in a file is set as code."""
    text = f"{cell:,}" if isinstance(cell, int) else escape(cell)
    return f"<code>{text}</code>" if name.startswith("line") else text


def curve(account: Account, extract: str) -> str:
    """The rows of each day of the delivery as a line."""
    rows = [(f.day, f.value) for f in account.figures if f.extract == extract and f.measure == "rows"]
    if len(rows) < 2:
        return ""
    top, first, last = max(v for _, v in rows), rows[0][0], rows[-1][0]
    points = " ".join(f"{900 * (day - first).days / max((last - first).days, 1):.1f},{100 - 95 * value / top:.1f}" for day, value in rows)
    return (f"<h2>{escape(extract)} by day</h2><svg viewBox='0 0 900 100' width='100%' height='110' preserveAspectRatio='none' role='img' "
            f"aria-label='rows by day'><polyline points='{points}'/></svg><p>{first} to {last}, at most {top:,.0f} rows a day</p>")


def as_json(account: Account) -> str:
    """The account for a script; the figures by day are in quality.parquet."""
    shown = {"delivery": account.delivery, "key_id": account.key_id, "accept_rejects": account.accept_rejects,
             **{what: account.total(what) for what in ("read", "accepted", "rejected", "duplicates")},
             "files": [asdict(f) for f in account.files], "rejects": [asdict(r) for r in account.rejects],
             "warnings": [asdict(o) | {"day": str(o.day), "said": o.said()} for o in account.oddities]}
    return json.dumps(shown, ensure_ascii=False, indent=2)

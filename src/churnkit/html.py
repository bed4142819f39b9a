"""Pages to read and to print: A4, in Chinese and English, no colour that matters, no script, no asset from elsewhere."""
import base64
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

STYLE = """
@page { size: A4; margin: 13mm }
* { box-sizing: border-box }
body {
  font: 13px/1.45 "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", system-ui, sans-serif;
  color: #1b2430; max-width: 190mm; margin: 0 auto; padding: 10px;
}
h1 { font-size: 21px; margin: 0 }
h2 { font-size: 14px; margin: 16px 0 5px; border-bottom: 1px solid #cfd6df; break-after: avoid }
small, .en { color: #5c6877; font-weight: normal }
.cards { display: flex; gap: 8px; margin: 12px 0 }
.card { flex: 1; border: 1px solid #cfd6df; border-radius: 6px; padding: 7px 10px; break-inside: avoid }
.card b { display: block; font-size: 20px; font-variant-numeric: tabular-nums }
.card.main { background: #eef4fb; border-color: #9bb9dd }
table { border-collapse: collapse; width: 100% }
tr { break-inside: avoid }
th, td {
  text-align: right; padding: 3px 7px; border-bottom: 1px solid #e6eaef;
  font-variant-numeric: tabular-nums; font-weight: normal; vertical-align: top;
}
th:first-child, td:first-child { text-align: left }
thead th { color: #5c6877; border-color: #cfd6df; vertical-align: bottom }
tfoot td { font-weight: 600; border-top: 1px solid #9aa5b1 }
.bar {
  display: inline-block; height: 9px; background: #7fa3cf; vertical-align: middle; margin-right: 6px;
  print-color-adjust: exact; -webkit-print-color-adjust: exact;
}
.note.good { border-color: #0072b2; background: #eef4fb }
.lead { font-size: 16px; line-height: 1.5; margin: 10px 0 }
img { width: 100%; border: 1px solid #e6eaef; break-inside: avoid }
ul { margin: 4px 0; padding-left: 20px }
li { margin: 3px 0 }
.pair { display: flex; gap: 18px }
.pair > div { flex: 1 }
.note { background: #f6f7f9; border-left: 3px solid #9aa5b1; padding: 6px 10px; margin: 6px 0; break-inside: avoid }
.alarm { border-color: #c0392b; background: #fdf1ef }
.sign { display: flex; gap: 24px; margin-top: 30px; break-inside: avoid }
.sign div { flex: 1; border-top: 1px solid #1b2430; padding-top: 4px }
"""


def document(title: str, body: Iterable[str], style: str = "") -> str:
    """A whole page of these pieces of HTML, in the common style and what it has of its own."""
    head = (f'<meta charset=utf-8><meta name=viewport content="width=device-width,initial-scale=1"><title>{escape(title)}</title>'
            f"<style>{STYLE}{style}</style>")
    return f"<!doctype html>\n<html lang=zh-CN><head>{head}</head>\n<body>\n" + "\n".join(body) + "\n</body></html>\n"


def section(zh: str, en: str, content: str) -> str:
    """A heading, and what stands under it."""
    return f"<h2>{zh} <small>{en}</small></h2>\n{content}"


def note(zh: str, en: str, *, kind: str = "") -> str:
    """A sentence in both languages that stands out; `alarm` and `good` are kinds of it."""
    return f"<div class='note{' ' + kind if kind else ''}'>{zh}<br><small>{en}</small></div>"


def card(zh: str, en: str, content: str, *, is_main: bool = False) -> str:
    """A figure with its name above it."""
    return f"<div class='card{' main' if is_main else ''}'>{zh} <small>{en}</small><b>{content}</b></div>"


def table(head: Iterable[tuple[str, str]], rows: Iterable[Sequence[Any]], foot: Sequence[Any] = ()) -> str:
    """A table with a heading in both languages; whole numbers get thousands separators, all else stands as it is."""
    def line(row: Sequence[Any]) -> str:
        cells = (f"{cell:,}" if isinstance(cell, int) else cell for cell in row)
        return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"

    titles = "".join(f"<th>{zh}<br><small>{en}</small></th>" for zh, en in head)
    feet = f"<tfoot>{line(foot)}</tfoot>" if foot else ""
    return f"<table><thead><tr>{titles}</tr></thead>\n<tbody>{chr(10).join(map(line, rows))}</tbody>{feet}</table>"


def picture(path: Path, said: str) -> str:
    """A PNG file inside the page itself, with its text for those who do not see it."""
    content = base64.b64encode(path.read_bytes()).decode("ascii")
    return f"<img alt='{escape(said, quote=True)}' src='data:image/png;base64,{content}'>"

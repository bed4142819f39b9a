"""How the printed page looks: A4, no colour that matters, no asset from elsewhere."""

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
.pair { display: flex; gap: 18px }
.pair > div { flex: 1 }
.note { background: #f6f7f9; border-left: 3px solid #9aa5b1; padding: 6px 10px; margin: 6px 0; break-inside: avoid }
.alarm { border-color: #c0392b; background: #fdf1ef }
.sign { display: flex; gap: 24px; margin-top: 30px; break-inside: avoid }
.sign div { flex: 1; border-top: 1px solid #1b2430; padding-top: 4px }
"""

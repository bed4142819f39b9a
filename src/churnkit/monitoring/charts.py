"""Small charts as SVG that stands in a page: no script, no outside asset, the same bytes each time."""
from collections.abc import Sequence
from html import escape

NOW, BEFORE, INK, LINE = "#0b6e99", "#c3ccd5", "#1b2430", "#9aa5b1"  # told apart by lightness alone, so also in print
TALL = 46


def pairs(before: Sequence[float], now: Sequence[float], label: str) -> str:
    """A bar for each bin: what was before as a light block, what is now as a dark one within it; the last bin, set apart, is what is missing."""
    top = max([*before, *now, 1e-9])
    width, gap = 13, 6
    at = [n * width + (gap if n == len(now) - 1 else 0) for n in range(len(now))]
    blocks = [block(x, width - 2, share / top, BEFORE) for x, share in zip(at, before, strict=True)]
    blocks += [block(x + 3, width - 8, share / top, NOW) for x, share in zip(at, now, strict=True)]
    across = len(now) * width + gap
    foot = f'<path d="M0 {TALL}.5H{across}" stroke="{LINE}"/>'
    return svg(across, TALL + 1, label, "".join(blocks) + foot, f'width="{across}" height="{TALL + 1}"')


def block(x: float, width: float, share: float, colour: str) -> str:
    """A bar that stands on the ground, its height a share of the tallest; one that is there at all can be seen."""
    tall = max(TALL * share, 0.8 if share > 0 else 0)
    return f'<rect x="{x}" y="{TALL - tall:.1f}" width="{width}" height="{tall:.1f}" fill="{colour}"/>'


def bands(names: Sequence[str], before: Sequence[float], now: Sequence[float], label: str) -> str:
    """Two lying bars for each band, with their shares in figures; lengths as square roots, so that rare bands can be seen."""
    top, row, left, right = max([*before, *now, 1e-9]) ** 0.5, 30, 84, 96
    parts = []
    for n, (name, earlier, later) in enumerate(zip(names, before, now, strict=True)):
        y = n * row
        parts.append(f'<text x="{left - 8}" y="{y + 18}" text-anchor="end">{escape(name)}</text>')
        for place, (share, colour) in enumerate(((later, NOW), (earlier, BEFORE))):
            long = (600 - left - right) * share**0.5 / top
            parts.append(f'<rect x="{left}" y="{y + 4 + 11 * place}" width="{long:.1f}" height="10" fill="{colour}"/>')
        parts.append(f'<text x="600" y="{y + 18}" text-anchor="end"><tspan font-weight="600">{later:.1%}</tspan>'
                     f'<tspan fill="#5c6877"> · {earlier:.1%}</tspan></text>')
    return svg(600, len(names) * row + 4, label, "".join(parts), 'style="width:100%;max-width:640px"')


def intervals(names: Sequence[str], values: Sequence[tuple[float, float, float]], label: str, *, line: float | None = None,
              hollow: Sequence[bool] = ()) -> str:
    """A value with its interval (low, high) for each name, from left to right; `line` is a level to compare with, hollow ones are of another kind."""
    shown = [end for one in values for end in one if end == end] + ([line] if line is not None else [])
    low, high = min(shown, default=0.0), max(shown, default=1.0)
    room = 0.12 * (high - low) or 0.1
    low, high, across, tall, left = low - room, high + room, 420, 150, 40

    def y(value: float) -> float:
        return round(10 + (tall - 38) * (high - value) / (high - low), 1)

    parts = [f'<text x="{left - 6}" y="{y(v) + 4}" text-anchor="end" fill="#5c6877">{v:.2f}</text>' for v in (low + room, high - room)]
    if line is not None:
        parts.append(f'<path d="M{left} {y(line)}H{across}" stroke="{LINE}" stroke-dasharray="4 3"/>')
        parts.append(f'<text x="{across}" y="{y(line) - 4}" text-anchor="end" fill="#5c6877">{line:g}</text>')
    for n, (name, (value, least, most)) in enumerate(zip(names, values, strict=True)):
        x = round(left + (across - left) * (n + 0.5) / len(names), 1)
        if value == value:
            fill = "#fff" if hollow and hollow[n] else NOW
            parts.append(f'<path d="M{x} {y(least)}V{y(most)}" stroke="{NOW}" stroke-width="2"/>' if least == least else "")
            parts.append(f'<circle cx="{x}" cy="{y(value)}" r="5" fill="{fill}" stroke="{NOW}" stroke-width="2"/>')
            parts.append(f'<text x="{x + 9}" y="{y(value) + 4}" font-weight="600">{value:.2f}</text>')
        parts.append(f'<text x="{x}" y="{tall - 6}" text-anchor="middle">{escape(name)}</text>')
    return svg(across, tall, label, "".join(parts), 'style="width:100%;max-width:460px"')


def svg(width: float, height: float, label: str, content: str, size: str) -> str:
    """The chart, with what it shows for those who cannot see it."""
    return (f'<svg viewBox="0 0 {width} {height}" {size} role="img" aria-label="{escape(label)}" font-size="12" fill="{INK}">'
            f"{content}</svg>")

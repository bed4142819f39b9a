"""bandicoot's own indicators of every subscriber, over the 180 days before each as-of date: other features than the subset, so nothing to check.

bandicoot 0.6 reads a file a user, and asks Python for functions that it no longer has; they are put back here.
"""
import inspect
import sys
from datetime import timedelta
from pathlib import Path

import pandas as pd
from subset import LOOK_BACK, job


def formatted(args: list, varargs: str | None = None, varkw: str | None = None, defaults: tuple | None = None, *_: object,
              formatvalue=lambda value: f"={value!r}") -> str:
    """A signature as text, as Python's own function wrote it until 3.10."""
    plain = len(args) - len(defaults or ())
    texts = [name + (formatvalue(defaults[n - plain]) if n >= plain else "") for n, name in enumerate(args)]
    return f"({', '.join([*texts, *(['*' + varargs] if varargs else []), *(['**' + varkw] if varkw else [])])})"


inspect.getargspec = lambda function: inspect.getfullargspec(function)[:4]
inspect.formatargspec = formatted
import bandicoot  # noqa: E402


def main() -> None:
    todo = job(sys.argv[1:])
    columns = ["subscriber_id", "other_party", "kind", "direction", "happened_at", "duration_s"]
    calls = pd.concat([pd.read_parquet(folder, columns=columns) for folder in todo.calls])
    calls = calls[calls.direction.isin(["in", "out"]) & calls.other_party.notna()]
    records = pd.DataFrame({"interaction": calls.kind.map({"voice": "call", "sms": "text"}), "direction": calls.direction,
                            "correspondent_id": calls.other_party, "datetime": calls.happened_at, "call_duration": calls.duration_s,
                            "antenna_id": ""})
    for as_of in todo.dates:
        at = pd.Timestamp(as_of)
        window = (calls.happened_at < at) & (calls.happened_at >= at - timedelta(LOOK_BACK))
        folder = todo.target / str(as_of)
        folder.mkdir(exist_ok=True)
        found = []
        for subscriber, rows in records[window].groupby(calls.subscriber_id[window]):
            rows.to_csv(folder / f"{subscriber}.csv", index=False, date_format="%Y-%m-%d %H:%M:%S")
            user = bandicoot.read_csv(subscriber, f"{folder}/", describe=False, warnings=False)
            found.append(bandicoot.utils.all(user, groupby=None, flatten=True) | {"subscriber_id": subscriber})
            Path(folder / f"{subscriber}.csv").unlink()
        pd.DataFrame(found).astype(str).to_parquet(todo.written(as_of))


if __name__ == "__main__":
    main()

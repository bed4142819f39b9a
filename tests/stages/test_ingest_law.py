"""Whatever happens to a file on its way, ingest loses no row of it in silence."""
import os
import tempfile
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from builders import JUNE, account, events, ingest_again, put_down, rejects
from churnkit.errors import InputError

pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")  # a traceback on stderr, too
HEADER = b"subscriber_id,happened_at,channel,is_granted\n"
ROWS = 40
GOOD = HEADER + b"".join(f"{1000 + n},2026-06-{n % 30 + 1:02} 09:00:{n:02},{'call' if n % 3 else 'sms'},{'true' if n % 2 else '0'}\n".encode()
                         for n in range(ROWS))
GOOD_LINES = GOOD.removesuffix(b"\n").split(b"\n")[1:]
place = st.integers(0, len(GOOD) - 1)
flip = st.tuples(st.just("flip"), place, st.sampled_from(b'\x00\xff\r\n",|;\xe6 a0') | st.integers(0, 255))
insert = st.tuples(st.just("insert"), place, st.sampled_from([b'"', b"\n", b"\r", b"\r\n", b"\n\n", b",", b"\0", b"\xef\xbb\xbf", "江西".encode()]))
cut = st.tuples(st.just("cut"), place, st.integers(1, 60))
truncate = st.tuples(st.just("truncate"), place, st.just(0))


def damaged(changes: list[tuple]) -> bytes:
    """The good file after these accidents."""
    content = GOOD
    for kind, at, what in changes:
        at = min(at, max(len(content) - 1, 0))
        content = {"flip": lambda c, a, w: c[:a] + bytes([w]) + c[a + 1:], "insert": lambda c, a, w: c[:a] + w + c[a:],
                   "cut": lambda c, a, w: c[:a] + c[a + w:], "truncate": lambda c, a, w: c[:a]}[kind](content, at, what)
    return content


def ingest_damaged(content: bytes) -> None:
    """Every line below the header is in the account, and none that nothing happened to is lost; or one sentence says why the file is refused."""
    put_down(JUNE, {"consents": content})
    try:
        ingest_again(JUNE, "consents", max_reject_share=1.0)
    except InputError:
        return
    lines = content.removesuffix(b"\n").split(b"\n")[1:] if b"\n" in content else []
    read, accepted, rejected, duplicates = account("consents")
    assert (read, len(events("consents")), len(rejects())) == (len(lines), accepted, rejected)
    assert read == accepted + rejected + duplicates
    assert {r["line"] for r in rejects()} <= set(range(2, len(lines) + 2))
    unhurt = {datetime.fromisoformat(line.split(b",")[1].decode()) for line in lines if line in GOOD_LINES}
    assert unhurt <= {e["happened_at"] for e in events("consents")}


def in_a_folder_of_its_own(changes: list[tuple]) -> None:
    home = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            ingest_damaged(damaged(changes))
        finally:
            os.chdir(home)


accidents = given(st.lists(flip | insert | cut | truncate, min_size=1, max_size=3))
few = settings(max_examples=20, derandomize=True, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck), database=None)


@few
@accidents
def test_damage_never_loses_a_row_in_silence_and_never_ends_in_a_traceback(changes):
    in_a_folder_of_its_own(changes)


@pytest.mark.slow
@settings(few, max_examples=400)
@accidents
def test_much_damage_neither(changes):
    in_a_folder_of_its_own(changes)

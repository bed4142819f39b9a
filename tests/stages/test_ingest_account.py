"""What people and scripts are told of a delivery, and how many rejects stop it."""
import json
import re
from datetime import date, timedelta

import pytest
from typer.testing import CliRunner

from builders import CONSENTS, JUNE, ingest_again, ingest_alone, put_down
from churnkit import timeline
from churnkit.cli import app
from churnkit.errors import AccountError, ParameterError
from churnkit.extracts import EXTRACTS, report
from churnkit.extracts.account import load
from churnkit.extracts.limits import Limit, check_names

CHANNEL, TIME = "consents.channel.not_choice", "consents.happened_at.not_time"
BAD = CONSENTS + "1001,2026-06-06 09:00:00,fax,true\n" * 3 + "1001,never,call,true\n" + "1001,2026-06-07 09:00:00,call,true\n" * 5


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("params", "said"), [
    ({"max_reject_share": 0.4}, None),
    ({"max_reject_share": 0.39}, "4 of 10 rows of 'consents' were rejected, more than 39.00%"),
    ({"max_rejects": 4}, None),
    ({"max_rejects": 3}, "4 of 10 rows of 'consents' were rejected, more than 3 "),
    ({"max_rejects": 1, "limits": {CHANNEL: Limit(max_share=0.3)}}, None),
    ({"max_rejects": 0, "limits": {CHANNEL: Limit(max_share=0.3)}}, "1 of 10 rows of 'consents' were rejected, more than 0 "),
    ({"limits": {CHANNEL: Limit(max_share=0.29)}}, r"3 of .* more than 29.00% \(ingest.limits, 'consents.channel.not_choice'\). Most: 3 × channel"),
    ({"limits": {TIME: Limit(max_rows=0)}}, "1 of 10 rows .* more than 0 .* Most: 1 × happened_at is not a time"),
    ({"limits": {TIME: Limit(max_rows=0)}, "accept_rejects": True}, None),
])
def test_rejects_stop_a_delivery_by_share_and_number_in_all_and_by_rule(params, said):
    put_down(JUNE, {"consents": BAD})
    if said is None:
        ingest_again(JUNE, "consents", **params)
    else:
        with pytest.raises(AccountError, match=said):
            ingest_again(JUNE, "consents", **params)


def test_a_limit_of_a_rule_that_is_none_is_refused_with_what_was_meant():
    check_names([CHANNEL, TIME, "calls.unreadable", "calls.other_party.not_number", "calls.duration_s.voice_needs_duration"], EXTRACTS)
    with pytest.raises(ParameterError, match=r"limits has no rule 'calls\.other_party\.no_number' \(did you mean 'calls\.other_party\."):
        check_names(["calls.other_party.no_number"], EXTRACTS)


def test_an_account_is_read_as_it_was_written_and_printed_again():
    ingest_alone(consents=BAD)
    found = load(timeline.account_of(JUNE), JUNE)
    assert (found.total("read"), found.total("rejected"), len(found.rejects), found.accept_rejects) == (10, 4, 4, False)
    printed = CliRunner().invoke(app, ["account", JUNE])
    assert printed.stdout == report.markdown(found)
    told = json.loads(CliRunner().invoke(app, ["account", JUNE, "--json"]).stdout)
    assert [told[name] for name in ("read", "accepted", "rejected", "duplicates")] == [10, 2, 4, 4]
    assert told["rejects"][0]["line"] == 3


def test_the_page_needs_nothing_from_elsewhere_and_shows_a_line_of_a_file_as_text():
    ingest_alone(consents=BAD.replace("fax", "<script>alert(1)</script>"))
    page = (timeline.account_of(JUNE) / "account.html").read_text("utf-8")
    assert "10 rows read = 2 accepted + 4 rejected + 4 duplicates" in page
    assert "&lt;script&gt;" in page
    assert not re.search(r"<script|https?:|<link|@import|url\(", page)


def consents_of(days: list[date]) -> str:
    return CONSENTS.splitlines(True)[0] + "".join(f"{n},{day} 09:00:00,call,true\n" for day in days for n in range(300))


def test_a_day_that_is_missing_is_named_on_stderr_and_in_the_account(capsys):
    days = [date(2026, 6, 1) + timedelta(n) for n in range(30)]
    ingest_alone(consents=consents_of(days))
    assert "warning" not in capsys.readouterr().err
    july = [date(2026, 7, 1) + timedelta(n) for n in range(31)]
    july.remove(date(2026, 7, 14))
    ingest_alone("2026-07", consents=consents_of(july))
    said = "consents, 2026-07-14: no row at all, 300 on days like it. Is a file missing? That looks just like churn."
    assert f"warning: {said}" in capsys.readouterr().err
    found = load(timeline.account_of("2026-07"), "2026-07")
    assert [o.said() for o in found.oddities] == [said]
    assert {(f.measure, f.value) for f in found.figures if f.day == date(2026, 7, 13)} >= {("rows", 300.0), ("subscribers", 300.0)}
    assert said in report.html(found)


"""Full numbers, which nothing but the vault gives out."""
import os
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from builders import JUNE, KEY, SUBSCRIBERS, party, put_down, shipped_params, subscriber
from churnkit import vault
from churnkit.cli import app
from churnkit.errors import ChurnkitError, InputError, ParameterError

ONE = vault.Holder(subscriber("1001"), "13800001001", "13800009999", date(2026, 6, 30))
TWO = vault.Holder(subscriber("1002"), "13800001002", None, date(2026, 6, 30))


@pytest.fixture(autouse=True)
def _in_a_project_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CHURNKIT_KEY_FILE", raising=False)
    Path("params.yaml").write_text(shipped_params().replace("data/churnkit.key", "key"), "utf-8")


def delivered(subscribers: str, delivery: str = JUNE) -> None:
    put_down(delivery, {"subscribers": subscribers, "calls": "", "bills": ""})


def run(*command: str) -> str:
    """What `churnkit vault …` prints; its error is raised."""
    result = CliRunner().invoke(app, ["vault", *command])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def test_a_built_vault_knows_a_subscriber_by_pseudonym_and_by_a_number_however_it_is_typed():
    delivered(SUBSCRIBERS.replace("13800001001", "+86 138 0000 1001"))
    assert run("build") == "data/vault.db: 2 subscribers\n"
    assert [vault.holder(subscriber(i), KEY) for i in ("1001", "1002", "1003")] == [ONE, TWO, None]
    for typed in ("13800001001", "138 0000 1001", "+8613800001001", "0086 138-0000-1001"):
        assert vault.holders(typed, KEY) == [ONE]
    assert vault.holders("13800001003", KEY) == []
    assert run("show", subscriber("1001")) == "13800001001\t13800009999\n"
    assert run("find", "138 0000 1001") == f"{subscriber('1001')}  last seen 2026-06-30\n"


def test_the_vault_and_what_it_is_made_with_are_closed_to_others():
    delivered(SUBSCRIBERS)
    run("build")
    assert vault.VAULT.stat().st_mode & 0o777 == 0o600
    assert not list(Path(".churnkit/spill").glob("churnkit-vault-*"))
    os.chmod(vault.VAULT, 0o640)
    with pytest.raises(ParameterError, match=r"data/vault\.db can be read by others; `chmod 600"):
        vault.holder(subscriber("1001"), KEY)


def test_the_last_snapshot_counts_and_a_number_given_out_again_has_both_its_holders():
    delivered(SUBSCRIBERS)
    delivered(SUBSCRIBERS.replace("2026-06-30", "2026-07-31").replace("13800001002", "13800001007").replace("\n1001,", "\n1009,"), "2026-07")
    run("build")
    nine = vault.Holder(subscriber("1009"), "13800001001", "13800009999", date(2026, 7, 31))
    assert vault.holders("13800001001", KEY) == [nine, ONE]
    assert vault.holder(subscriber("1002"), KEY) == vault.Holder(subscriber("1002"), "13800001007", None, date(2026, 7, 31))
    assert vault.holders("13800001002", KEY) == []


def test_a_row_that_ingest_would_reject_is_not_in_the_vault():
    delivered(SUBSCRIBERS + "1003,2026-06-30,1.38E+10,2025-01-01,prepaid,voice,江西/九江/庐山,,\n")
    assert run("build") == "data/vault.db: 2 subscribers\n"


def test_who_is_erased_is_gone_from_the_file_and_stays_so_when_it_is_built_again():
    delivered(SUBSCRIBERS)
    run("build")
    assert run("erase", subscriber("1001")) == f"{subscriber('1001')} is erased.\n"
    assert b"13800001001" not in vault.VAULT.read_bytes()
    assert [row[:2] for row in vault.erased(vault.VAULT, KEY)] == [(subscriber("1001"), party("13800001001"))]
    assert run("build") == "data/vault.db: 1 subscribers\n"
    assert vault.holders("13800001001", KEY) == []
    assert vault.holder(subscriber("1002"), KEY) == TWO
    with pytest.raises(InputError, match="has no subscriber"):
        run("erase", subscriber("1001"))


@pytest.mark.parametrize("question", [("show", subscriber("1001")), ("find", "13800001001"), ("erase", subscriber("1001"))])
def test_without_a_vault_with_another_key_or_with_another_file_the_answer_is_one_sentence(question):
    delivered(SUBSCRIBERS)
    with pytest.raises(InputError, match="There is no vault"):
        run(*question)
    vault.VAULT.touch(mode=0o600)
    with pytest.raises(InputError, match="is no vault"):
        run(*question)
    vault.VAULT.unlink()
    run("build")
    Path("key").write_text("ab" * 32)
    with pytest.raises(ParameterError, match="was built with another key"):
        run(*question)


def test_a_vault_that_cannot_be_built_leaves_the_old_one():
    delivered(SUBSCRIBERS)
    run("build")
    before = vault.VAULT.read_bytes()
    delivered("subscriber_id\n1001\n")
    with pytest.raises(ChurnkitError):
        run("build")
    assert vault.VAULT.read_bytes() == before
    assert sorted(p.name for p in Path("data").iterdir()) == ["extracts", "vault.db"]

"""Pseudonyms, and the key behind them that nobody else may read."""
import hashlib
import hmac
import os

import pytest

from churnkit import identity
from churnkit.engine import F, open_session
from churnkit.errors import ParameterError
from churnkit.extracts.compact import keyed_hash
from churnkit.identity import key_id, new_key, pseudonym, read_key, write_key

KEY = bytes(range(32))


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CHURNKIT_KEY_FILE", raising=False)


def test_a_pseudonym_is_a_letter_and_twenty_digits_of_a_keyed_hash():
    assert pseudonym(KEY, "13800000001", "p") == "p" + hmac.new(KEY, b"13800000001", hashlib.sha256).hexdigest()[:20]


def test_another_key_makes_another_pseudonym():
    assert pseudonym(KEY, "13800000001", "p") != pseudonym(KEY[::-1], "13800000001", "p")


def test_the_engine_makes_the_same_pseudonyms():
    texts = ["13800000001", "", "用户-7", "a" * 200, None]
    rows = open_session().createDataFrame(list(enumerate(texts)), "n int, t string").select("n", keyed_hash(F.col("t"), KEY, "s").alias("h"))
    assert [r[1] for r in sorted(map(tuple, rows.collect()))] == [None if t is None else pseudonym(KEY, t, "s") for t in texts]


def test_a_new_key_is_read_back_and_only_its_owner_may_read_it():
    path = new_key("data/churnkit.key")
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(read_key("data/churnkit.key")) == 32


def test_a_second_key_is_refused_for_it_would_make_everyone_a_stranger():
    new_key("churnkit.key")
    with pytest.raises(ParameterError, match="a new key would make every known subscriber a stranger"):
        new_key("churnkit.key")


def test_the_environment_names_another_key_file(monkeypatch):
    write_key(identity.key_path("elsewhere.key"), KEY)
    monkeypatch.setenv("CHURNKIT_KEY_FILE", "elsewhere.key")
    assert read_key("churnkit.key") == KEY


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o660, 0o644])
def test_a_key_file_that_is_open_to_others_is_refused(mode):
    path = new_key("churnkit.key")
    os.chmod(path, mode)
    with pytest.raises(ParameterError, match=r"churnkit\.key can be read by others; `chmod 600 churnkit\.key` closes it"):
        read_key("churnkit.key")


@pytest.mark.parametrize("content", [b"", b"12", b"x" * 64, b"ab" * 31, b"ab" * 33, b"\xff" * 64])
def test_a_key_file_must_hold_64_hex_digits(content):
    path = new_key("churnkit.key")
    path.write_bytes(content)
    with pytest.raises(ParameterError, match="must hold 64 hex digits and nothing else"):
        read_key("churnkit.key")


def test_a_missing_key_file_and_a_folder_in_its_place_are_one_sentence():
    with pytest.raises(ParameterError, match="is missing; `churnkit key` makes one"):
        read_key("churnkit.key")
    with pytest.raises(ParameterError, match="cannot be read: Is a directory"):
        read_key(".")


def test_the_name_of_a_key_gives_nothing_of_it_away():
    assert len(key_id(KEY)) == 8
    assert key_id(KEY) not in KEY.hex()

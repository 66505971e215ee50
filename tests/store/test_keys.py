"""The practice's key: a file for this user alone, and a key of its own for each use."""

import os
import stat
from dataclasses import astuple
from pathlib import Path

import pytest

from webapp.store.errors import StoreError, WrongKey
from webapp.store.keys import USES, Keys, create_key_file, read_key_file


def test_a_new_key_is_closed_to_others_whatever_the_shell_allows(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        made = create_key_file(tmp_path / "key")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert read_key_file(tmp_path / "key") == made
    with pytest.raises(FileExistsError):
        create_key_file(tmp_path / "key")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_key_that_others_may_touch_is_not_read(tmp_path: Path, mode: int) -> None:
    create_key_file(tmp_path / "key")
    (tmp_path / "key").chmod(mode)
    with pytest.raises(StoreError, match="chmod 600"):
        read_key_file(tmp_path / "key")


@pytest.mark.parametrize("text", ["", "00" * 31, "00" * 33, "g0" * 32, "\xff"])
def test_what_is_no_key_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "key").write_bytes(text.encode("latin-1"))
    (tmp_path / "key").chmod(0o600)
    with pytest.raises(WrongKey):
        read_key_file(tmp_path / "key")


def test_each_use_has_a_key_of_its_own_and_none_of_them_is_shown() -> None:
    keys = Keys.derive(b"m" * 32)
    assert len({*astuple(keys), b"m" * 32}) == len(USES) + 1
    assert repr(keys) == "Keys()"

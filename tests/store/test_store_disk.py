"""What the disk does to the store: damage, other layouts, no room, no permission."""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
from store_case import batch, row, values

from vereda.errors import BadRequest, BadStore
from vereda.store import Store, schema
from vereda.store.snapshots import sha256_of
from vereda.store.trouble import in_plain_words

DELETE = "Delete the workspace folder and run again"


@contextmanager
def small_disk(folder: Path, options: str) -> Iterator[Path]:
    """A file system of its own; the test is skipped where none may be mounted."""
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "none", folder], capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"no file system may be mounted here ({done.stderr.strip()}), so none can be filled")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    with Store.open(tmp_path) as store:
        store.append(batch([row(place=f"CO-{i:05}", value=float(i)) for i in range(20_000)]))
    return tmp_path / "store.duckdb"


def read_all(folder: Path, read_only: bool = False) -> None:
    with Store.open(folder, read_only=read_only) as store:
        store.read(["coca_area"])


@pytest.mark.parametrize("share", [0.0, 0.001, 0.003, 0.5, 0.9])
@pytest.mark.parametrize("read_only", [True, False])
def test_a_file_cut_short_is_said_in_plain_words(filled: Path, share: float, read_only: bool) -> None:
    os.truncate(filled, int(filled.stat().st_size * share))
    with pytest.raises(BadStore, match=rf"store.duckdb: the file is damaged[\s\S]*{DELETE}"):
        read_all(filled.parent, read_only)


@pytest.mark.parametrize("share", [0.0, 0.002, 0.3, 0.6])
def test_overwritten_bytes_are_noticed(filled: Path, share: float) -> None:
    content = bytearray(filled.read_bytes())
    at = int(len(content) * share)
    content[at : at + 300_000] = b"x" * len(content[at : at + 300_000])
    filled.write_bytes(content)
    with pytest.raises(BadStore, match="damaged"):
        read_all(filled.parent)


def test_another_file_of_that_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store.duckdb").write_text("a letter\n" * 5000)
    with pytest.raises(BadStore, match="damaged"):
        Store.open(tmp_path)
    assert (tmp_path / "store.duckdb").read_text().startswith("a letter")  # and left as it is


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "store.duckdb")) as connection:
        connection.execute("CREATE TABLE mine AS SELECT 1").fetchall()
    with pytest.raises(BadStore, match="not a store of vereda"):
        Store.open(tmp_path)


def set_version(file: Path, version: int) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"UPDATE about SET version = {version}").fetchall()


def test_a_newer_layout_is_refused(filled: Path) -> None:
    set_version(filled, schema.VERSION + 1)
    for read_only in (True, False):
        with pytest.raises(BadStore, match=r"newer vereda[\s\S]*Upgrade vereda"):
            Store.open(filled.parent, read_only=read_only)


def test_an_older_layout_without_a_way_forward_is_refused(filled: Path) -> None:
    set_version(filled, schema.VERSION - 1)
    with pytest.raises(BadStore, match=DELETE):
        Store.open(filled.parent)
    with pytest.raises(BadStore, match="Run the command that builds it"):
        Store.open(filled.parent, read_only=True)


def test_an_older_layout_is_brought_forward(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = schema.VERSION
    monkeypatch.setattr(schema, "VERSION", old + 2)
    steps = {
        old: ("ALTER TABLE batch ADD COLUMN licence VARCHAR", "UPDATE batch SET licence = 'open'"),
        old + 1: ("CREATE TABLE remark (text VARCHAR)",),
    }
    monkeypatch.setattr(schema, "MIGRATIONS", steps)
    read_all(filled.parent)
    read_all(filled.parent, read_only=True)
    with duckdb.connect(str(filled)) as connection:
        assert connection.execute("SELECT version, licence FROM about, batch").fetchall() == [
            (old + 2, "open")
        ]


def test_a_migration_that_fails_changes_nothing(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = schema.VERSION
    with monkeypatch.context() as patch:
        patch.setattr(schema, "VERSION", old + 1)
        patch.setattr(
            schema, "MIGRATIONS", {old: ("DROP VIEW observations", "DROP TABLE nothing_of_that_name")}
        )
        with pytest.raises(duckdb.CatalogException):
            Store.open(filled.parent)
    read_all(filled.parent)
    with duckdb.connect(str(filled)) as connection:
        assert connection.execute("SELECT count(*) FROM observations").fetchall() == [(20_000,)]


def test_a_file_in_place_of_the_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "work").write_text("")
    with pytest.raises(BadStore, match="a file stands where a folder is needed"):
        Store.open(tmp_path / "work")
    with pytest.raises(BadStore, match="a file stands where a folder is needed"):
        Store.open(tmp_path / "work" / "deeper")


def test_reading_what_was_never_built_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadStore, match="holds no store yet"):
        Store.open(tmp_path / "nowhere", read_only=True)


def test_a_read_only_folder_can_be_read_but_not_written(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "size=16m") as disk:
        with Store.open(disk) as store:
            store.append(batch([row()]))
        (disk / "store.lock").unlink()
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        with pytest.raises(BadStore, match="the folder cannot be written"):
            Store.open(disk)
        with Store.open(disk, read_only=True) as store:
            assert values(store.read(["coca_area"])) == [10.0]


def test_a_full_disk_keeps_what_was_stored_before(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "size=12m") as disk:
        with Store.open(disk) as store:
            store.append(batch([row()]))
        large = [row(place=f"CO-{i}", note=os.urandom(200).hex()) for i in range(60_000)]
        with pytest.raises(BadStore, match="the disk is full"), Store.open(disk) as store:
            store.append(batch(large, name="large"))
        with pytest.raises(BadStore, match="the disk is full"), Store.open(disk) as store:
            store.keep(os.urandom(12 << 20))
        with Store.open(disk) as store:
            assert values(store.read(["coca_area"])) == [10.0]
            assert len(store.vintages()) == 1
        assert not list((disk / "snapshots").rglob(".writing-*"))


def test_no_room_for_the_first_file(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "size=8k") as disk, pytest.raises(BadStore, match="the disk is full"):
        Store.open(disk)


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
        (PermissionError(errno.EACCES, "Permission denied"), "cannot be written"),
        (OSError(errno.EIO, "Input/output error"), "Input/output error"),
        (duckdb.IOException("IO Error: Could not write: No space left on device"), "the disk is full"),
        (duckdb.OutOfMemoryException("failed to offload: max_temp_directory_size"), "the disk is full"),
        (duckdb.OutOfMemoryException("Out of Memory Error"), "more memory"),
        (duckdb.Error("Corrupt database file: computed checksum 1"), "damaged"),
        (duckdb.IOException("database file with version number 99, but"), "another release of DuckDB"),
    ],
)
def test_causes_are_told_apart(tmp_path: Path, cause: Exception, words: str) -> None:
    with pytest.raises(BadStore, match=words), in_plain_words(tmp_path):
        raise cause


def test_our_own_faults_are_not_blamed_on_the_disk(tmp_path: Path) -> None:
    with pytest.raises(duckdb.ParserException), in_plain_words(tmp_path):
        raise duckdb.ParserException("syntax")


def test_snapshots_are_kept_once_under_their_sha256(tmp_path: Path) -> None:
    file = tmp_path / "coca.csv"
    file.write_bytes(b"a;b\n" * 700_000)
    with Store.open(tmp_path / "work") as store:
        digest = store.keep(file)
        assert digest == store.keep(file.read_bytes()) == sha256_of(file) == sha256_of(file.read_bytes())
        kept = store.snapshot(digest)
        assert kept == tmp_path / "work" / "snapshots" / digest[:2] / digest
        assert kept.read_bytes() == file.read_bytes()
        kept.write_bytes(b"spoiled")
        assert store.keep(file) == digest
        assert kept.read_bytes() == file.read_bytes()
        assert len([p for p in (tmp_path / "work" / "snapshots").rglob("*") if p.is_file()]) == 1
        with pytest.raises(BadRequest, match="No snapshot"):
            store.snapshot("0" * 64)


def test_no_file_is_left_open_or_locked(tmp_path: Path) -> None:
    for _ in range(3):
        Store.open(tmp_path, wait=0).close()
        with pytest.raises(BadRequest), Store.open(tmp_path, wait=0) as store:
            store.snapshot("0" * 64)

"""Publishing and remembering: what a reader finds is whole."""

from pathlib import Path

import pytest

from vereda.errors import BadRequest, BadStore
from vereda.store import documents, load_state, save_state, write_files, write_outputs


def files(folder: Path) -> dict[str, str]:
    found = (p for p in folder.rglob("*") if p.is_file() and p.name != documents.MARK)
    return {p.relative_to(folder).as_posix(): p.read_text(encoding="utf-8") for p in found}


def test_the_folder_holds_the_documents_and_nothing_else(tmp_path: Path) -> None:
    site = tmp_path / "deep" / "site"
    write_outputs(site, {"index.html": "uno", "es/página.html": "dos", "data/a/b.csv": b"tres\r\n"})
    assert files(site)["es/página.html"] == "dos"
    assert (site / "data" / "a" / "b.csv").read_bytes() == b"tres\r\n"
    write_outputs(site, {"index.html": "new"})
    assert files(site) == {"index.html": "new"}


def test_text_is_written_byte_for_byte(tmp_path: Path) -> None:
    write_outputs(tmp_path / "site", {"a.txt": "one\ntwo\r\nñ"})
    assert (tmp_path / "site" / "a.txt").read_bytes() == "one\ntwo\r\nñ".encode()


def test_an_empty_folder_may_be_used(tmp_path: Path) -> None:
    write_outputs(tmp_path, {"a.txt": "one"})
    assert files(tmp_path) == {"a.txt": "one"}


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "site").symlink_to(tmp_path / "real")
    write_outputs(tmp_path / "site", {"a.txt": "one"})
    assert (tmp_path / "site").is_symlink()
    assert files(tmp_path / "real") == {"a.txt": "one"}


def test_a_folder_of_somebody_else_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("three years")
    with pytest.raises(BadStore, match="vereda did not publish"):
        write_outputs(tmp_path, {"a.txt": "one"})
    assert files(tmp_path) == {"thesis.docx": "three years"}


@pytest.mark.parametrize("name", ["../a", "/etc/a", "a/../../b", "", ".", ".vereda", "a\0b"])
def test_a_path_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadRequest, match="no path inside"):
        write_outputs(tmp_path / "site", {"fine.txt": "", name: ""})
    assert not (tmp_path / "site").exists()


def test_a_file_and_a_folder_of_one_name_leave_the_last_site(tmp_path: Path) -> None:
    write_outputs(tmp_path / "site", {"a": "one"})
    with pytest.raises(BadStore):
        write_outputs(tmp_path / "site", {"a": "two", "a/b": "three"})
    assert files(tmp_path / "site") == {"a": "one"}
    assert {p.name for p in tmp_path.iterdir()} == {"site", ".site.lock"}


def test_where_no_exchange_is_offered_two_moves_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_exchanged", lambda *_: False)
    for text in ("one", "two"):
        write_outputs(tmp_path / "site", {"a": text})
    assert files(tmp_path / "site") == {"a": "two"}
    (tmp_path / "site").rename(tmp_path / ".site.old")  # as if killed between the moves
    with pytest.raises(BadStore):
        write_outputs(tmp_path / "site", {"a": "three", "a/b": ""})
    assert files(tmp_path / "site") == {"a": "two"}


def test_state_comes_back_and_a_spoiled_one_is_none(tmp_path: Path) -> None:
    file = tmp_path / "work" / "state.json"
    assert load_state(file) == {}
    save_state(file, {"coca": "abc", "año": [1, 2]})
    assert load_state(file) == {"coca": "abc", "año": [1, 2]}
    for spoiled in (b'{"coca": "ab', b"[1]", b"\xff\xfe"):
        file.write_bytes(spoiled)
        assert load_state(file) == {}


def test_state_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadStore, match="a file stands"):
        save_state(tmp_path / "file" / "state.json", {})


def test_files_are_written_beside_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "kept.yml").write_text("mine")
    write_files(tmp_path, {"vintages/2026-02.parquet": b"one", "2026-02.yml": "dos"})
    write_files(tmp_path, {"2026-02.yml": "tres"})
    assert files(tmp_path) == {"kept.yml": "mine", "vintages/2026-02.parquet": "one", "2026-02.yml": "tres"}
    with pytest.raises(BadRequest, match="no path inside"):
        write_files(tmp_path, {"../outside": ""})

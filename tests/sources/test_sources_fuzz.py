"""Every reader on any bytes, and on its own file damaged: rows, or a refusal that names the file. Never anything else."""

import gzip
import io
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sources_case import EXTRACTS, held

from vereda import sources
from vereda.errors import BadSource, VeredaError
from vereda.sources.description import Expect
from vereda.terms.place import Gazetteer

ALL = sources.datasets()
#: One of each way of reading, for bytes that are of no file at all.
KINDS = (
    "odc-simci-coca", "ponal-homicides", "ucdp-events", "dane-divipola", "dane-adjacency", "dane-mgn-geometry",
    "mindefensa-kidnapping", "cede-conflict-panel", "cede-context-panel", "aiddata-aims-iati", "upra-eva-crops", "vipaa-armed-actors",
)  # fmt: skip
FEW = settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)  # fmt: skip
SOME = settings(FEW, max_examples=25)

Damage = Callable[[bytes], bytes]
#: Texts that have meant something to somebody: signs of formats, of numbers, of other encodings.
POISON = (
    b"", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b",", b"\n", b"\r", b"\r\n", b"=1+1", b"nan", b"inf", b"1e309", b"-1e-309",
    b"9" * 400, b"1.273,9", b"\xe2\x88\x92", b"<!DOCTYPE x>", b"&a;", b"PK\x03\x04", b"\x1f\x8b", b"../../x", b"null", b"[]", b"{}",
    b"2999-99-99", b"5120", b"[" * 2000, b"\xed\xa0\x80", b"\xf0\x9f\x8c\xbf", b"\x1f" * 3,
)  # fmt: skip


@st.composite
def damages(draw: st.DrawFn) -> Damage:
    """One to four changes: other bytes, bytes left out or put in, a part again, a cut."""
    changes = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["replace", "insert", "delete", "repeat", "cut"]),
                st.floats(0, 1),
                st.integers(1, 40),
                st.one_of(st.sampled_from(POISON), st.binary(max_size=6)),
            ),
            min_size=1,
            max_size=4,
        )
    )

    def damage(whole: bytes) -> bytes:
        for what, where, many, put in changes:
            at = int(where * len(whole))
            head, part, tail = whole[:at], whole[at : at + many], whole[at + many :]
            whole = {
                "replace": head + put + tail,
                "insert": head + put + part + tail,
                "delete": head + tail,
                "repeat": head + part + part + tail,
                "cut": head,
            }[what]
        return whole

    return damage


@cache
def land() -> Gazetteer:
    """The places of a country; no argument of a test, because a failing one would print them all."""
    return sources.gazetteer(held("dane-divipola"), *(sources.describe(name) for name in sources.datasets()))


@cache
def described(dataset: str) -> sources.SourceDescription:
    return sources.describe(dataset).model_copy(update={"expect": Expect()})


def attempt(dataset: str, path: Path) -> None:
    """Read it; a refusal must name the file, and be of a length that somebody reads."""
    d = described(dataset)
    said = path.name
    try:
        found = sources.geometry(d, path, land()) if d.kind == "geometry" else sources.read(d, path, land())
        assert isinstance(found, pa.Table | str)
    except VeredaError as refusal:
        said = str(refusal)
    assert path.name in said, f"which file? {said}"
    assert len(said) < 5000


def unpacked(path: Path) -> tuple[bytes, Callable[[bytes], bytes]]:
    """What is inside a file, and how it is packed again: gzip as a whole, a workbook part by part elsewhere."""
    whole = path.read_bytes()
    return (gzip.decompress(whole), gzip.compress) if path.suffix == ".gz" else (whole, bytes)


@pytest.mark.parametrize("dataset", ALL)
@FEW
@given(damage=damages())
def test_a_damaged_file_gives_rows_or_a_refusal(dataset: str, damage: Damage, tmp_path: Path) -> None:
    (extract,) = (EXTRACTS / dataset).glob("*")
    content, pack = unpacked(extract)
    path = tmp_path / extract.name
    path.write_bytes(pack(damage(content)))
    attempt(dataset, path)


@pytest.mark.parametrize("dataset", KINDS)
@SOME
@given(content=st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode)), damage=damages())
def test_any_bytes_at_all(dataset: str, content: bytes, damage: Damage, tmp_path: Path) -> None:
    (extract,) = (EXTRACTS / dataset).glob("*")
    path = tmp_path / extract.name
    path.write_bytes(content)
    attempt(dataset, path)
    path.write_bytes(damage(extract.read_bytes()))  # the packing itself
    attempt(dataset, path)


@SOME
@given(damage=damages(), which=st.integers(0, 100))
def test_a_workbook_damaged_inside(damage: Damage, which: int, tmp_path: Path) -> None:
    (extract,) = (EXTRACTS / "mindefensa-kidnapping").glob("*")
    with zipfile.ZipFile(extract) as held:
        parts = {name: held.read(name) for name in held.namelist()}
    name = sorted(parts)[which % len(parts)]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for part, content in parts.items():
            made.writestr(part, damage(content) if part == name else content)
    path = tmp_path / extract.name
    path.write_bytes(out.getvalue())
    attempt("mindefensa-kidnapping", path)


@SOME
@given(damage=damages(), dataset=st.sampled_from(ALL))
def test_a_damaged_description_names_its_file(damage: Damage, dataset: str, tmp_path: Path) -> None:
    said = (Path(sources.__file__).parent / dataset.replace("-", "_") / "source.yml").read_bytes()
    path = tmp_path / "sources" / "made_up" / "source.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(damage(said))
    told = "source.yml"
    try:
        assert sources.load(path).dataset
    except VeredaError as refusal:
        told = str(refusal)
    assert "source.yml" in told


def test_nothing_was_written_but_what_the_tests_wrote(tmp_path: Path) -> None:
    """An archive whose members climb out of it leaves nothing behind, whatever is read."""
    climbing = described("ponal-homicides").model_copy(update={"member": "../../climbed.csv"})
    path = tmp_path / "inside" / "homicidios.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("../../climbed.csv", "a,b\n1,2\n")
    with pytest.raises(VeredaError):
        sources.read(climbing, path)
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["homicidios.zip"]


# ---- what damage like this found, each once crashed or passed in silence ---------------------------------------------


def broken_inside(packed: bytes) -> bytes:
    """The head says gzip, and what follows is none."""
    return packed[:10] + bytes(b ^ 0x5A for b in packed[10:])


@pytest.mark.parametrize("dataset", ["ponal-homicides", "cede-conflict-panel", "aiddata-aims-iati"])
def test_a_packed_file_damaged_inside(dataset: str, tmp_path: Path) -> None:
    (extract,) = (EXTRACTS / dataset).glob("*")
    path = tmp_path / extract.name
    path.write_bytes(broken_inside(extract.read_bytes()))
    with pytest.raises(BadSource, match="cut or damaged"):
        sources.read(described(dataset), path, land())


def test_a_header_with_two_kinds_of_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(b"id,na\rme\nx,y\n")
    with pytest.raises(BadSource, match=r"file.csv:1: the header cannot be read"):
        sources.read(described("demining-activities"), path, land())


def test_polygons_nested_without_end(tmp_path: Path) -> None:
    path = tmp_path / "polygons.geojson"
    path.write_bytes(b"[" * 100_000)
    with pytest.raises(BadSource, match=r"polygons.geojson is not the file of polygons described"):
        sources.geometry(described("dane-mgn-geometry"), path, land())


def test_digits_without_end_are_no_number(tmp_path: Path) -> None:
    """Four hundred nines are infinity to a computer, and so would be every sum they are in."""
    (extract,) = (EXTRACTS / "osm-road-density").glob("*")
    head, first, *rest = extract.read_text(encoding="utf-8").splitlines()
    cells = first.split(",")
    cells[-1] = "9" * 400
    path = tmp_path / extract.name
    path.write_text("\n".join([head, ",".join(cells), *rest]) + "\n", encoding="utf-8")
    with pytest.raises(VeredaError, match=rf"{extract.name}:2: "):
        sources.read(described("osm-road-density"), path, land())


def test_a_table_read_by_a_program_of_its_own_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "municipality_year_actor.csv"
    path.write_bytes("code,a\xf1o\n1,2\n".encode("latin-1"))
    with pytest.raises(BadSource, match=r"municipality_year_actor.csv cannot be opened"):
        sources.read(described("vipaa-armed-actors"), path, land())

"""Reading is exact: what a locale writes is read back, and wide and long files of one table agree."""

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sources_case import held, observations

from vereda import sources
from vereda.errors import BadNumber
from vereda.sources import tabular
from vereda.sources.description import HERE, NumberFormat
from vereda.terms.place import Gazetteer

Describe = Callable[..., sources.SourceDescription]
Write = Callable[[str | bytes], Path]

LOCALES = [
    NumberFormat(decimal=".", thousands=","),
    NumberFormat(decimal=",", thousands="."),
    NumberFormat(decimal=",", thousands=" "),
    NumberFormat(decimal="."),
    NumberFormat(decimal=","),
]
tenths = st.integers(-(10**9), 10**9).map(lambda n: n / 10)


@given(numbers=st.lists(tenths, min_size=1, max_size=30), locale=st.sampled_from(LOCALES))
def test_what_a_locale_writes_is_read_back(numbers: list[float], locale: NumberFormat) -> None:
    written = pa.array([tabular.written_as(x, locale) for x in numbers])
    values, bad = tabular.number(written, locale)
    assert not any(bad.to_pylist())
    assert values.to_pylist() == numbers


@given(text=st.text(max_size=12), locale=st.sampled_from(LOCALES))
def test_what_is_read_is_a_number_of_its_locale(text: str, locale: NumberFormat) -> None:
    """No text is guessed: either it is written in the locale of its column, or it is refused."""
    values, bad = tabular.number(pa.array([text]), locale)
    if not bad[0].as_py():
        plain = text.strip().replace(locale.thousands or "\0", "").replace(locale.decimal, ".")
        assert values[0].as_py() == float(plain)


@pytest.mark.parametrize(
    "text", ["1,27", "1.273.9", "12,34,567", "nan", "inf", "1e5", "0x1F", "--1", "1 2", ",5", "1."]
)
def test_no_number(text: str) -> None:
    assert tabular.number(pa.array([text]), LOCALES[0])[1].to_pylist() == [True]


def test_the_zeros_of_the_coca_table() -> None:
    written = NumberFormat(decimal=".", thousands=",", zero=("- 0",))
    assert tabular.number(pa.array(["- 0", "0", "1,421.4"]), written)[0].to_pylist() == [0, 0, 1421.4]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(cells=st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10**7)), min_size=1, max_size=8))
def test_wide_and_long_files_of_one_table_agree(
    cells: list[tuple[int, int]], described: Describe, csv_file: Write
) -> None:
    spanish = NumberFormat(decimal=",", thousands=".")
    text = [[tabular.written_as(n / 10, spanish) for n in row] for row in cells]
    numbers = '{default: {decimal: ",", thousands: "."}}'
    wide = "code;2019;2020\n" + "".join(f"{i:05d};{a};{b}\n" for i, (a, b) in enumerate(text))
    long = "code;year;ha\n" + "".join(
        f"{i:05d};{year};{cell}\n"
        for i, row in enumerate(text)
        for year, cell in zip((2019, 2020), row, strict=True)
    )
    first = sources.read(described(numbers=numbers, delimiter='";"'), csv_file(wide))
    said = described(
        numbers=numbers,
        delimiter='";"',
        layout="long",
        period="{column: year}",
        values="{ha: {series: coca_area}}",
    )
    second = sources.read(said, csv_file(long))
    key = ["place", "period", "value", "unit", "series", "status", "estimator", "source", "vintage"]
    order = [("place", "ascending"), ("period", "ascending")]
    assert first.sort_by(order).select(key).equals(second.sort_by(order).select(key))


def test_the_locator_is_the_line_and_the_header(described: Describe, csv_file: Write) -> None:
    table = sources.read(described(), csv_file("code,2019,2020\n52835,1,2\n05120,3,4\n"))
    found = {(r["place"], r["period"]): (r["row"], r["col"]) for r in table.to_pylist()}
    assert found["CO-05120", "2020"] == (3, "2020")


def test_compressed_and_archived_files(described: Describe, tmp_path: Path) -> None:
    text = b"code,2019,2020\n52835,1,2\n"
    packed = tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress(text))
    archived = tmp_path / "a.zip"
    with zipfile.ZipFile(archived, "w") as archive:
        archive.writestr("data.csv", text)
        archive.writestr("read_me.txt", "hello")
    assert sources.read(described(), packed).num_rows == 2
    table = sources.read(described(member='"*.csv"'), archived)
    assert table["sheet"].to_pylist() == ["data.csv", "data.csv"]


def test_a_long_file_streams_block_by_block(
    described: Describe, csv_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tabular, "BLOCK", 4096)
    rows = "".join(f"{i:05d},{i},{i / 10}\n" for i in range(5000))
    path = csv_file("code,2019,2020\n" + rows)
    blocks = list(sources.stream(described(), path))
    assert len(blocks) > 20
    assert max(b.num_rows for b in blocks) < 1000
    assert sum(b.num_rows for b in blocks) == 10_000
    lines = {r["place"]: r["row"] for b in blocks for r in b.to_pylist()}
    assert lines["CO-04999"] == 5001
    path.write_text("code,2019,2020\n" + rows + "05000,x,1\n")
    with pytest.raises(BadNumber, match=r"file\.csv:5002: column '2019': 'x'"):
        sources.read(described(), path)


def test_a_description_of_the_case_wins_over_ours(tmp_path: Path) -> None:
    folder = tmp_path / "pdet"
    folder.mkdir()
    text = (HERE / "pdet" / "source.yml").read_text(encoding="utf-8")
    (folder / "source.yml").write_text(
        text.replace("title: Municipalities", "title: Our municipalities"), "utf-8"
    )
    assert sources.describe("pdet", tmp_path).title.startswith("Our")
    assert "pdet" in sources.datasets(tmp_path)


def test_the_gazetteer(colombia: Gazetteer) -> None:
    assert len(colombia.parts("CO")) == 33
    assert len(colombia.municipalities("CO")) == 1123  # 1,122 of 2024 and Mapiripana, until 2019
    assert colombia.get("CO-52835").name == "San Andrés de Tumaco"
    assert colombia.named("tumaco") == ("CO-52835",)
    assert colombia.get("CO-05001").name == "Medellín"
    assert colombia.get("CO-11").name == "Bogotá, D.C."
    assert colombia.get("CO-88").name == "Archipiélago de San Andrés, Providencia y Santa Catalina"
    assert colombia.get("CO-94663").until == 2019
    assert "CO-94663" in colombia.get("CO-94343").predecessors
    assert colombia.named("Manaure", "CO-20") == ("CO-20443",)
    assert colombia.get("XX-ANDEAN").level == "region"
    for place in colombia.places.values():
        assert place.parent is None or place.parent in colombia
        assert all(code in colombia for code in place.predecessors)


@pytest.mark.parametrize(
    ("printed", "name"),
    [
        ("BELÉN DE LOS ANDAQUÍES", "Belén de los Andaquíes"),
        ("LA JAGUA DE IBIRICO", "La Jagua de Ibirico"),
        ("", ""),
    ],
)
def test_names_are_printed_as_in_a_sentence(printed: str, name: str) -> None:
    assert sources.proper(printed, ("de", "del", "la", "los")) == name


def test_a_vintage_knows_from_when_it_was_public() -> None:
    assert str(held("odc-simci-coca").known_on) == "2026-02-28"
    assert observations("odc-simci-coca")["vintage"].unique().to_pylist() == ["2026-02"]

"""The descriptions to be fetched, read from bytes of the shape that the portals document."""

import csv
from collections import defaultdict
from pathlib import Path

import pyarrow.compute as pc
import pytest

from vereda import sources
from vereda.errors import BadPeriod, BadSource, NotReconciled, UnknownColumn
from vereda.sources.catalogue import catalogue, fetchables
from vereda.sources.description import LIVE, Expect, SourceDescription
from vereda.sources.told import told
from vereda.terms.period import known_on
from vereda.terms.place import Gazetteer

VINTAGES = Path(__file__).resolve().parents[2] / "cases" / "us-colombia" / "vintages"
DESCRIBED = sorted(name for name in sources.datasets(LIVE) if (LIVE / name.replace("-", "_")).is_dir())
EVENTS = [name for name in DESCRIBED if sources.describe(name).layout == "events"]
SIX = ["fecha_hecho", "cod_depto", "departamento", "cod_muni", "municipio", "cantidad"]
TUMACO = ["2019-05-02T00:00:00.000", "52", "NARIÑO", "52835", "SAN ANDRES DE TUMACO"]


@pytest.fixture(scope="module")
def colombia() -> Gazetteer:
    parquet = max((VINTAGES / "dane-divipola").glob("*.parquet"))
    return sources.gazetteer(sources.read_vintage(parquet, parquet.with_suffix(".yml")))


def bare(dataset: str) -> SourceDescription:
    """The description, without the totals that only the whole table has."""
    return sources.describe(dataset).model_copy(update={"expect": Expect()})


def write(path: Path, columns: list[str], *rows: list[str]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as text:
        csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    return path


def values(dataset: str, path: Path, colombia: Gazetteer) -> dict[tuple[str, str], float]:
    table = sources.read(bare(dataset), path, colombia, "2026-11-22")
    return {(r["place"], r["period"]): r["value"] for r in table.to_pylist()}


@pytest.mark.parametrize("dataset", DESCRIBED)
def test_a_description_to_be_fetched_is_whole(dataset: str) -> None:
    d = sources.describe(dataset)
    assert d.fetch is not None
    assert known_on(d.name_of_vintage)
    if d.read_by:
        assert d.fetch.columns  # its own read.py says what it reads
        assert {*d.fetch.sums} == {*d.fetch.columns}
        return
    asked = SIX if d.layout == "events" else [d.place.column, *d.ignore, *d.values]
    read = {*asked, *d.leave_out, *([d.unit_column.column] if d.unit_column else [])}
    assert read == {*d.fetch.columns}, "what is asked for is what is read"
    assert {*d.fetch.sums} == {*d.values}


@pytest.mark.parametrize("dataset", EVENTS)
def test_events_are_added_up(dataset: str, tmp_path: Path, colombia: Gazetteer) -> None:
    columns = [*sources.describe(dataset).fetch.columns]  # type: ignore[union-attr]
    more = {"tipo_de_cultivo": "COCA", "unidad": "HECTAREA"}
    day = "2012-05-02T00:00:00.000"
    rows = [[day, *TUMACO[1:], q, *(more[c] for c in columns[6:])] for q in ("1.5", "2.25", "0")]
    path = write(tmp_path / "x.csv", columns, *rows)
    (times,) = {value.times for value in sources.describe(dataset).values.values()}
    assert values(dataset, path, colombia) == {("CO-52835", "2012"): pytest.approx(3.75 * times)}


def test_a_series_has_one_unit_in_every_description_held_or_fetched() -> None:
    """Cocaine was in kilograms where it is fetched and in tonnes where it is published: a thousandfold, and no fault to be seen."""
    units: dict[str, set[str]] = defaultdict(set)
    for dataset in (*sources.datasets(), *DESCRIBED):
        for name, series in sources.describe(dataset).series.items():
            units[name].add(series.unit)
    assert {name: said for name, said in units.items() if len(said) > 1} == {}


def test_what_was_seized_abroad_does_not_share_a_series_with_national_totals() -> None:
    """The sum over municipalities would stand in the place of a national total that has abroad in it."""
    live = sources.describe("mindefensa-cocaine")
    assert {*live.series}.isdisjoint(sources.describe("published-figures").series)


def test_seizures_abroad_are_in_no_municipality(tmp_path: Path, colombia: Gazetteer) -> None:
    path = write(
        tmp_path / "x.csv", SIX,
        [*TUMACO, "10.5"],
        ["2019-01-02T00:00:00.000", "218", "ECUADOR", "218001", "ECUADOR", "700"],
        ["2019-01-02T00:00:00.000", "999", "AGUAS INTERNACIONALES", "", "AGUAS INTERNACIONALES", "300"],
        ["2019-01-03T00:00:00.000", "1111", "SIN ESTABLECER", "1111", "SIN ESTABLECER", "5"],
        ["2019-01-03T00:00:00.000", "52", "NARIÑO", "52000", "SIN ESTABLECER", "1"],
    )  # fmt: skip
    found = values("mindefensa-cocaine", path, colombia)
    assert found == {
        ("CO-52835", "2019"): 0.0105, ("XX-ABROAD", "2019"): 1, ("XX-UNEXPLAINED", "2019"): 0.005, ("CO-00000", "2019"): 0.001,
    }  # fmt: skip
    levels = {code: p.level for code, p in sources.describe("mindefensa-cocaine").places.items()}
    assert set(levels.values()) == {"unassigned"}  # so that no sum of municipalities takes them for one


def test_rows_abroad_are_refused_where_none_are_declared(tmp_path: Path, colombia: Gazetteer) -> None:
    path = write(
        tmp_path / "x.csv", SIX, ["2012-01-02T00:00:00.000", "218", "ECUADOR", "218001", "ECUADOR", "7"]
    )
    with pytest.raises(BadSource, match="218001"):
        values("mindefensa-spraying", path, colombia)


def test_the_name_of_a_department_is_no_code(tmp_path: Path, colombia: Gazetteer) -> None:
    """As the table of coca base has it in every row."""
    path = write(
        tmp_path / "x.csv", SIX, ["2019-01-02T00:00:00.000", "05", "ANTIOQUIA", "ANTIOQUIA", "ITAGUI", "7"]
    )
    with pytest.raises(BadSource, match="ANTIOQUIA"):
        values("mindefensa-cocaine", path, colombia)


def test_base_is_placed_by_name_inside_its_department_and_never_silently(
    tmp_path: Path, colombia: Gazetteer
) -> None:
    """Manaure of La Guajira and of Cesar, San Pedro of Sucre and of Antioquia, Argelia three times: the department tells."""

    def base(*rows: tuple[str, str, str, str]) -> Path:
        return write(
            tmp_path / "x.csv", SIX, *(["2019-05-02T00:00:00.000", d, n, n, m, q] for d, n, m, q in rows)
        )

    path = base(
        ("44", "LA GUAJIRA", "MANAURE", "1000"), ("5", "ANTIOQUIA", "ARGELIA", "2000"), ("19", "CAUCA", "ARGELIA", "4000"),
        ("88", "SAN ANDRES ISLAS", "SAN ANDRES", "8000"), ("52", "NARIÑO", "SIN ESTABLECER", "16000"),
        ("218", "ECUADOR", "ECUADOR", "32000"),
    )  # fmt: skip
    assert values("mindefensa-base", path, colombia) == {
        ("CO-44560", "2019"): 1, ("CO-05055", "2019"): 2, ("CO-19050", "2019"): 4, ("CO-88001", "2019"): 8,
        ("CO-00000", "2019"): 16, ("XX-ABROAD", "2019"): 32,
    }  # fmt: skip
    with pytest.raises(
        BadSource, match=r"ARGELIAS .CAUCA.: no place there has that name; nearest there: argelia CO-19050"
    ):
        values("mindefensa-base", base(("19", "CAUCA", "ARGELIAS", "1")), colombia)
    with pytest.raises(BadSource, match="no such CUACA in the gazetteer"):
        values("mindefensa-base", base(("19", "CUACA", "ARGELIA", "1")), colombia)
    with pytest.raises(BadSource, match="a gazetteer is needed"):
        sources.read(bare("mindefensa-base"), base(("19", "CAUCA", "ARGELIA", "1")), None, "2026-11-22")
    assert any(
        "name inside" in line
        for about, line in told(sources.describe("mindefensa-base"))
        if about == "by_name"
    )


def test_a_list_without_a_period_is_of_the_day_of_its_edition(tmp_path: Path, colombia: Gazetteer) -> None:
    columns = ["divipola_municipal", "departamento", "pagos_asistencia_alimentaria", "recolectores"]
    path = write(
        tmp_path / "x.csv", columns, ["52835", "NARIÑO", "16000", "900"], ["05120", "ANTIOQUIA", "1700", ""]
    )
    rows = sources.read(bare("pnis-families"), path, colombia, "2026-11-22").to_pylist()
    assert {(r["series"], r["place"], r["period"]): r["value"] for r in rows} == {
        ("pnis_food_assistance", "CO-52835", "2026-11-22"): 16000, ("pnis_harvesters", "CO-52835", "2026-11-22"): 900,
        ("pnis_food_assistance", "CO-05120", "2026-11-22"): 1700,
    }  # fmt: skip
    assert any(
        "makes it up" in line for about, line in told(sources.describe("pnis-families")) if about == "edition"
    )
    with pytest.raises(BadPeriod, match="outside the years described"):
        sources.read(bare("pnis-families"), path, colombia, "2042-01")


def test_the_cells_of_the_grid_are_added_up_and_none_is_told(tmp_path: Path, colombia: Gazetteer) -> None:
    columns = [*sources.describe("coca-grid").fetch.columns]  # type: ignore[union-attr]
    assert len(columns) == 24
    cell = dict.fromkeys(columns, "")
    rows = [
        list((cell | {"areacoca_2001": a, "areacoca2004": b, "coca2022_": c}).values())
        for a, b, c in (("1.5", "0", "99.25"), ("2.25", "", "0"), ("", "", "1e-05"))
    ]
    table = sources.read(
        bare("coca-grid"), write(tmp_path / "x.csv", columns, *rows), colombia, "2026-11-22"
    ).to_pylist()
    found = {(r["series"], r["period"]): r["value"] for r in table if r["period"] in ("2001", "2004", "2022")}
    assert found == {
        ("coca_grid_area", "2001"): 3.75, ("coca_grid_cells", "2001"): 2, ("coca_grid_area", "2004"): 0,
        ("coca_grid_cells", "2004"): 0, ("coca_grid_area", "2022"): pytest.approx(99.25001), ("coca_grid_cells", "2022"): 2,
    }  # fmt: skip
    assert {r["place"] for r in table} == {"CO"}
    for wrong, says in (("1500", "between 0 and 100"), ("1,5", "is no number")):
        path = write(tmp_path / "x.csv", columns, list((cell | {"areacoca_2001": wrong}).values()))
        with pytest.raises(BadSource, match=says):
            sources.read(bare("coca-grid"), path, colombia, "2026-11-22")
    with pytest.raises(UnknownColumn, match="the_geom is no column of a year"):
        sources.read(
            bare("coca-grid"), write(tmp_path / "x.csv", ["the_geom", *columns], ["P", *rows[0]]), colombia
        )


def eradication(tmp_path: Path, *rows: list[str]) -> Path:
    return write(tmp_path / "x.csv", [*SIX, "tipo_de_cultivo", "unidad"], *rows)


def test_other_crops_are_left_out_and_the_trace_says_so(tmp_path: Path, colombia: Gazetteer) -> None:
    path = eradication(tmp_path, [*TUMACO, "1", "COCA", "HECTAREA"], [*TUMACO, "4", "AMAPOLA", "HECTAREA"])
    assert values("mindefensa-eradication", path, colombia) == {("CO-52835", "2019"): 1}
    assert "AMAPOLA (opium poppy is another crop)" in sources.describe("mindefensa-eradication").absence


def test_a_magnitude_in_another_unit_is_refused(tmp_path: Path, colombia: Gazetteer) -> None:
    """The column of units of the cocaine table repeats the quantity; one like it is never taken for a unit."""
    path = eradication(tmp_path, [*TUMACO, "0.002", "COCA", "0.002"])
    with pytest.raises(BadSource, match=r"unidad.*0\.002"):
        values("mindefensa-eradication", path, colombia)


def test_a_day_written_otherwise_is_refused(tmp_path: Path, colombia: Gazetteer) -> None:
    path = write(tmp_path / "x.csv", SIX, ["02/05/2012", *TUMACO[1:], "1"])
    with pytest.raises(Exception, match="is no date"):
        values("mindefensa-spraying", path, colombia)


def test_a_table_that_does_not_add_up_is_refused(tmp_path: Path, colombia: Gazetteer) -> None:
    d = sources.describe("mindefensa-spraying")
    whole = d.model_copy(update={"expect": d.expect.model_copy(update={"rows_at_least": 1})})
    day = ["2012-05-02T00:00:00.000", *TUMACO[1:]]
    path = write(tmp_path / "x.csv", SIX, [*day, "50000"], [*day, "50000"], [*day, "549"])
    table, checks = sources.bring(whole, path, colombia, "2026-11-22")
    assert [c.state for c in checks if c.name.startswith("aerial_spraying_area 2012")] == ["passed"]
    assert pc.sum(table["value"]).as_py() == 100_549
    write(path, SIX, [*day, "50.000"], [*day, "50.000"], [*day, "549"])  # the locale slipped
    with pytest.raises(NotReconciled, match="aerial_spraying_area 2012"):
        sources.bring(whole, path, colombia, "2026-11-22")


def test_a_changed_column_is_refused_by_the_reader_too(tmp_path: Path, colombia: Gazetteer) -> None:
    path = write(tmp_path / "x.csv", [*SIX[:-1], "victimas"], [*TUMACO, "1"])
    with pytest.raises(UnknownColumn, match="missing: 'cantidad'; new: 'victimas'"):
        values("mindefensa-homicides", path, colombia)


def test_the_catalogue_is_whole() -> None:
    listed = catalogue()
    ids = [entry.fetch.id for entry in listed.values() if entry.fetch.kind == "socrata"]
    described = [sources.describe(n).fetch.id for n in DESCRIBED]  # type: ignore[union-attr]
    assert len({*ids, *described}) == len(ids) + len(described), "no dataset is listed twice"
    wanted = {
        "p72f-qcvk",
        "uvrw-m4tm",
        "26zg-9p9r",
        "nxbk-nikm",
        "s29y-2xjd",
        "v4pt-rnn9",
        "v3rx-q7t3",
        "m8fd-ahd9",
    }
    assert wanted <= {*ids, *described}
    for name, entry in listed.items():
        assert entry.fetch.shown.startswith("https://"), name
        assert entry.no_reader.en
        assert entry.no_reader.es
        if entry.adds_up != "sum":
            assert not entry.fetch.sums, f"{name}: what may not be summed is not"


def test_every_described_address_is_listed() -> None:
    found = fetchables(("odc-simci-coca", "dane-divipola"))
    assert found["odc-simci-coca"].address is not None
    assert found["dane-divipola"].by_hand
    assert {*DESCRIBED, *catalogue()} <= {*found}

"""Stata files: an empty cell has four meanings, and each is told."""

import gzip
import io
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sources_case import EXTRACTS, publishers

from vereda import sources
from vereda.errors import BadNumber, BadSource, UnknownColumn
from vereda.sources import stata
from vereda.sources.description import Expect
from vereda.terms.place import Gazetteer

(EXTRACT,) = (EXTRACTS / "cede-conflict-panel").glob("*")
Describe = Callable[..., sources.SourceDescription]


@pytest.fixture
def panel(colombia: Gazetteer) -> pa.Table:
    described = sources.describe("cede-conflict-panel").model_copy(update={"expect": Expect()})
    return sources.read(described, EXTRACT, colombia)


def test_a_code_held_as_a_number_gets_its_zero_back(panel: pa.Table) -> None:
    assert set(panel["place"].to_pylist()) == {"CO-05120", "CO-52835"}


def test_a_value_walks_back_to_its_observation_and_variable(panel: pa.Table) -> None:
    row = panel.filter(pc.field("series") == "displaced_persons").to_pylist()[0]
    content = pd.read_stata(io.BytesIO(gzip.decompress(EXTRACT.read_bytes())), convert_categoricals=False)
    there = content.iloc[row["row"] - 1]
    assert there[row["col"]] == row["value"]
    assert f"CO-{int(there['codmpio']):05d}" == row["place"]


def test_missing_has_four_meanings(panel: pa.Table, colombia: Gazetteer) -> None:
    """None recorded; not collected in this place; no longer reported; registered too late."""
    described = sources.describe("cede-conflict-panel")
    filled = sources.fill(described, panel, colombia, [2008, 2016, 2017])

    def said(series: str, year: str) -> tuple[float | None, str]:
        mine = filled.filter((pc.field("series") == series) & (pc.field("period") == year))
        row = mine.filter(pc.field("place") == "CO-54720").to_pylist()
        return (row[0]["value"], row[0]["status"]) if row else (None, "no row")

    assert said("mine_accidents", "2016") == (0.0, "measured")
    assert said("displaced_persons", "2016") == (None, "no row")
    labs = described.absent_for("laboratories_dismantled")
    assert labs.means == "missing"
    assert "no longer reported" in labs.not_collected["2009"]
    assert "2008" not in labs.not_collected
    late = panel.filter((pc.field("series") == "displaced_persons") & (pc.field("period") == "2017"))
    assert set(late["status"].to_pylist()) == {"incomplete"}
    assert "laboratories_dismantled" not in set(
        panel.filter(pc.field("period") == "2009")["series"].to_pylist()
    )


def test_where_nobody_collected_the_reason_is_part_of_the_value(described: Describe, tmp_path: Path) -> None:
    said = described(
        table="stata", layout="long", period="{column: year}", values="{labs: {series: labs}}",
        series="{labs: {unit: facilities, years: 2019-2019, outside: the programme stopped reporting}}",
        numbers="{default: {empty: absent}}",
    )  # fmt: skip
    assert "labs outside 2019-2019: the programme stopped reporting." in said.absence
    assert said.absent_for("labs").not_collected == {"2020": "the programme stopped reporting"}


def written(folder: Path, **columns: list[object]) -> Path:
    path = folder / "panel.dta"
    pd.DataFrame(columns).to_stata(path, write_index=False, version=118)
    return path


def test_a_missing_value_with_a_letter_keeps_its_letter(described: Describe, tmp_path: Path) -> None:
    """Stata's `.a` is a reason the publisher gave; read as an empty cell it would be lost."""
    path = tmp_path / "panel.dta"
    said = described(
        table="stata", layout="long", period="{column: year}", values="{ha: {series: coca_area}}"
    )
    pd.DataFrame({"code": ["52835", "05120"], "year": [2019, 2020], "ha": [1.5, 2.5]}).to_stata(
        path, write_index=False, version=118
    )
    raw = path.read_bytes()
    two, a = pd.Series([2.5]).to_numpy().tobytes(), bytes.fromhex("000000000001e07f")  # .a as a double
    assert raw.count(two) == 1
    path.write_bytes(raw.replace(two, a))
    with pytest.raises(BadNumber, match=r"panel.dta:2: column 'ha': '.a' is not a number"):
        sources.read(said, path)
    system = bytes.fromhex("000000000000e07f")  # the system's own missing value
    path.write_bytes(raw.replace(two, system))
    absent = said.model_copy(
        update={"numbers": {"default": said.number_format("x").model_copy(update={"empty": "absent"})}}
    )
    assert sources.read(absent, path)["value"].to_pylist() == [1.5]


def test_a_new_variable_is_news(described: Describe, tmp_path: Path) -> None:
    said = described(
        table="stata", layout="long", period="{column: year}", values="{ha: {series: coca_area}}"
    )
    path = written(tmp_path, code=["52835"], year=[2019], ha=[1.0], more=[2.0])
    with pytest.raises(UnknownColumn, match="new: 'more'"):
        sources.read(said, path)


def test_a_file_cut_short_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    described = sources.describe("cede-conflict-panel")
    whole = gzip.decompress(EXTRACT.read_bytes())
    path = tmp_path / "cut.dta"
    for content in (b"", b"a,b\n1,2\n", whole[:5000], whole[:-2000]):
        path.write_bytes(content)
        with pytest.raises(BadSource):
            sources.read(described, path)
    packed = tmp_path / "cut.dta.gz"
    packed.write_bytes(EXTRACT.read_bytes()[:-40])
    with pytest.raises(BadSource, match="cut or damaged"):
        sources.read(described, packed)


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stata, "UNPACKED", 1 << 16)
    path = tmp_path / "bomb.dta.gz"
    path.write_bytes(gzip.compress(bytes(1 << 20)))
    with pytest.raises(BadSource, match="a bomb, or the wrong file"):
        sources.read(sources.describe("cede-conflict-panel"), path)


@pytest.mark.shared
def test_two_releases_of_one_panel_agree_cell_by_cell(colombia: Gazetteer) -> None:
    """Spraying and manual eradication of the 2018 release, and the table made of it and of that of 2022."""
    described = sources.describe("cede-conflict-panel")
    series = {"errad_aerea": "aerial_spraying_area", "errad_manual": "manual_eradication_area"}
    said = described.model_copy(
        update={
            "values": {
                column: described.values["accidentes_minas"].model_copy(update={"series": name})
                for column, name in series.items()
            },
            "series": {name: sources.describe("cede-eradication").series[name] for name in series.values()},
            "ignore": {**described.ignore, **dict.fromkeys(described.values, "not compared here")},
            "expect": Expect(),
        }
    )
    said = said.model_copy(update={"ignore": {k: v for k, v in said.ignore.items() if k not in series}})
    panel = sources.read(said, publishers("cede-conflict-panel"), colombia)
    table = sources.read(sources.describe("cede-eradication"), publishers("cede-eradication"), colombia)

    def cells(one: pa.Table, name: str) -> dict[tuple[str, str], float]:
        mine = one.filter(pc.field("series") == name)
        return {(r["place"], r["period"]): r["value"] for r in mine.to_pylist()}

    sprayed, listed = cells(panel, "aerial_spraying_area"), cells(table, "aerial_spraying_area")
    assert sprayed.keys() == listed.keys()
    assert len(sprayed) == 1476
    assert all(abs(sprayed[key] - listed[key]) < 0.006 for key in sprayed)
    manual, later = cells(panel, "manual_eradication_area"), cells(table, "manual_eradication_area")
    assert len(manual) == 3315
    assert all(abs(ha - later[key]) < 0.006 for key, ha in manual.items())


@pytest.mark.shared
@pytest.mark.published("UARIV registers in the CEDE release of 2018, sums stated by the compilers")
def test_displacement_by_municipality(colombia: Gazetteer) -> None:
    table = sources.read(sources.describe("cede-conflict-panel"), publishers("cede-conflict-panel"), colombia)
    year = table.filter((pc.field("series") == "displaced_persons") & (pc.field("period") == "2002"))
    assert pc.sum(year["value"]).as_py() == 764523
    labs = table.filter(pc.field("series") == "laboratories_dismantled")
    assert pc.sum(labs["value"]).as_py() == 5016
    assert max(labs["period"].to_pylist()) == "2008"

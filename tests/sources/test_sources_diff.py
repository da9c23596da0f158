"""Two editions of one publication, cell by cell: made-up editions whose differences are known, and real pairs."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sources_case import VINTAGES, observations, publishers

from vereda import sources
from vereda.sources.description import NumberFormat
from vereda.sources.noticed import KINDS
from vereda.terms.observation import OBSERVATIONS
from vereda.terms.place import Gazetteer
from vereda.terms.unit import adds_up

Describe = Callable[..., sources.SourceDescription]
Write = Callable[[str], Path]
Cells = dict[tuple[str, str], float | None]


def edition(
    cells: Cells, unit: str = "ha", series: str = "coca_area", vintage: str = "2024", status: str = "measured"
) -> pa.Table:
    rows = [
        {"series": series, "place": place, "period": when, "estimator": "office", "source": "made-up", "vintage": vintage,
         "value": value, "unit": unit, "status": status, "row": line, "col": when}
        for line, ((place, when), value) in enumerate(cells.items(), 2)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=OBSERVATIONS)


def kinds(revision: sources.Revision) -> list[str]:
    return [notice.kind for notice in sources.notices(revision)]


BASE: Cells = {
    ("A", "2019"): 60.0,
    ("B", "2019"): 10.0,
    ("C", "2019"): 5.5,
    ("A", "2020"): 40.0,
    ("B", "2020"): 0.0,
}


def test_nothing_differs_and_the_name_of_the_edition_is_no_difference() -> None:
    revision = sources.compare(edition(BASE), edition(BASE, vintage="2026"))
    assert (revision.same, revision.both, revision.cells.num_rows, revision.sums.num_rows) == (5, 5, 0, 0)
    assert kinds(revision) == []


def test_appeared_gone_and_changed_with_both_values_and_where_they_are_printed() -> None:
    later: Cells = {**BASE, ("A", "2019"): 61.0, ("D", "2020"): 7.0}
    del later["C", "2019"]
    revision = sources.compare(edition(BASE), edition(later))
    told = {(c["what"], c["place"], c["period"]): c for c in revision.cells.to_pylist()}
    assert set(told) == {("changed", "A", "2019"), ("gone", "C", "2019"), ("appeared", "D", "2020")}
    changed = told["changed", "A", "2019"]
    assert (changed["before"], changed["after"], changed["row_before"], changed["col_after"]) == (
        60,
        61,
        2,
        "2019",
    )
    assert (told["gone", "C", "2019"]["before"], told["gone", "C", "2019"]["after"]) == (5.5, None)
    by_year = {row["period"]: row for row in revision.sums.to_pylist()}
    assert (by_year["2019"]["sum_before"], by_year["2019"]["sum_after"]) == (75.5, 71.0)
    assert (by_year["2020"]["cells_before"], by_year["2020"]["cells_after"]) == (2, 3)
    assert (by_year["2019"]["changed"], by_year["2019"]["gone"], by_year["2020"]["appeared"]) == (1, 1, 1)


def test_a_reallocation_that_no_total_shows() -> None:
    later = {**BASE, ("A", "2019"): 50.0, ("B", "2019"): 20.0}
    revision = sources.compare(edition(BASE), edition(later))
    (notice,) = sources.notices(revision)
    assert notice.kind == "reallocated"
    assert (notice.values["period"], notice.values["moved"], notice.values["sum"]) == ("2019", 10.0, 75.5)


def test_a_total_that_moves_is_no_reallocation() -> None:
    revision = sources.compare(edition(BASE), edition({**BASE, ("A", "2019"): 50.0}))
    assert kinds(revision) == []


def test_a_country_is_not_added_to_its_parts() -> None:
    whole: Cells = {**BASE, ("XA", "2019"): 75.5}
    later = {**whole, ("A", "2019"): 50.0, ("XA", "2019"): 65.5}
    revision = sources.compare(
        edition(whole), edition(later), {"XA": "country", "A": "municipality", "B": "municipality"}
    )
    sums = {row["level"]: (row["sum_before"], row["sum_after"]) for row in revision.sums.to_pylist()}
    assert sums == {"country": (75.5, 65.5), "municipality": (70.0, 60.0)}


@pytest.mark.parametrize("unit", ["%", "index", "USD/kg", "deaths/100 000 people/year", "cases per place"])
def test_shares_and_rates_are_not_added(unit: str) -> None:
    revision = sources.compare(
        edition(BASE, unit), edition({**BASE, ("A", "2019"): 50.0, ("B", "2019"): 20.0}, unit)
    )
    (row,) = revision.sums.to_pylist()
    assert (row["sum_before"], row["sum_after"], row["changed"]) == (None, None, 2)
    assert kinds(revision) == []
    assert not adds_up(unit)
    assert adds_up("ha")


def test_a_unit_that_changed_while_the_figures_stayed() -> None:
    revision = sources.compare(edition(BASE), edition(BASE, unit="km2"))
    assert kinds(revision) == ["unit"]
    assert revision.many("restated") == 5
    (notice,) = sources.notices(revision)
    assert (notice.values["before"], notice.values["after"], notice.values["same"]) == ("ha", "km2", 5)


def test_figures_that_changed_while_the_unit_stayed() -> None:
    thousand = {key: value and 1000 * value for key, value in BASE.items()}
    (notice,) = sources.notices(sources.compare(edition(BASE), edition(thousand)))
    assert (notice.kind, notice.values["factor"], notice.values["cells"]) == ("scaled", 1000.0, 4)
    both = sources.notices(sources.compare(edition(BASE, "t"), edition(thousand, "kg")))
    assert [n.kind for n in both] == ["scaled_with_unit", "unit_and_values"]
    # One figure that stayed is enough: no unit changed.
    assert "scaled" not in kinds(sources.compare(edition(BASE), edition({**thousand, ("C", "2019"): 5.5})))


def test_a_status_alone_is_said_otherwise_and_is_no_revision() -> None:
    revision = sources.compare(edition(BASE, status="preliminary"), edition(BASE))
    assert (revision.many("restated"), revision.many("changed"), revision.sums["moved"].to_pylist()) == (
        5,
        0,
        [0, 0],
    )


@pytest.mark.parametrize("column", ["place", "series"])
def test_a_name_that_changed_while_the_figures_stayed(column: str) -> None:
    mine: Cells = {("A", str(year)): float(year - 2000) for year in range(2015, 2020)}
    other: Cells = {("B", str(year)): 3.0 * (year - 2000) for year in range(2015, 2020)}
    if column == "place":
        later = edition({("Z", when): value for (_, when), value in mine.items()} | other)
        names = ("A", "Z")
    else:
        later, names = edition(mine | other, series="coca"), ("coca_area", "coca")
    revision = sources.compare(edition(mine | other), later)
    (notice,) = [n for n in sources.notices(revision) if n.kind == "renamed"]
    assert (notice.values["what"], notice.values["before"], notice.values["after"]) == (column, *names)


def test_two_names_with_the_same_figures_are_not_told_apart() -> None:
    same: Cells = {(place, str(year)): 4.0 for place in "AB" for year in range(2015, 2020)}
    later: Cells = {("Z", str(year)): 4.0 for year in range(2015, 2020)}
    assert "renamed" not in kinds(sources.compare(edition(same), edition(later)))


def test_a_few_zeros_are_no_name() -> None:
    gone: Cells = {("A", str(year)): 0.0 for year in range(2010, 2020)}
    new: Cells = {("Z", str(year)): 0.0 for year in range(2010, 2020)}
    assert kinds(sources.compare(edition(gone), edition(new))) == ["zeros_appeared", "zeros_gone"]


def test_an_edition_of_several_vintages_keeps_them_apart() -> None:
    """The national totals are printed again every year: each printing is a cell of its own."""
    both = pa.concat_tables([edition(BASE, vintage="2019"), edition({("A", "2019"): 58.0}, vintage="2020")])
    later = pa.concat_tables([edition(BASE, vintage="2019"), edition({("A", "2019"): 59.0}, vintage="2020")])
    revision = sources.compare(both, later)
    (cell,) = revision.cells.to_pylist()
    assert (cell["vintage"], cell["before"], cell["after"]) == ("2020", 58.0, 59.0)


def test_what_an_edition_says_of_itself() -> None:
    described = sources.describe("odc-simci-coca")
    now = sources.said(described)
    before = {
        **now,
        "series coca_area": "Coca detected in the year",
        "absent": "missing: the census was partial",
    }
    same = sources.compare(edition(BASE), edition(BASE))
    moved = sources.compare(edition(BASE), edition({**BASE, ("A", "2019"): 1.0}))
    told = {n.values["what"]: n for n in sources.otherwise(before, now, same)}
    assert {*told} == {"series coca_area", "absent"}
    assert {n.kind for n in told.values()} == {"said"}
    assert {n.kind for n in sources.otherwise(before, now, moved)} == {"said_and_values"}
    silent = {name: what for name, what in now.items() if not name.startswith("series ")}
    (unsaid,) = sources.otherwise(silent, now, same)
    assert (unsaid.kind, unsaid.values["edition"]) == ("unsaid", "before")


def test_every_vintage_held_states_its_definitions() -> None:
    for dataset in ("odc-simci-coca", "mindefensa-kidnapping"):
        described = sources.describe(dataset)
        sidecar = max((VINTAGES / dataset).glob("*.yml"))
        assert sources.said(sources.read_sidecar(sidecar)) == sources.said(described)


places = st.sampled_from("ABCDE")
figures = st.one_of(st.none(), st.integers(-40, 4000).map(lambda n: n / 4))
editions = st.dictionaries(st.tuples(places, st.sampled_from(["2019", "2020"])), figures, max_size=10)


@given(earlier=editions, later=editions)
def test_every_cell_is_told_once_and_back_again(earlier: Cells, later: Cells) -> None:
    """Appeared one way is gone the other way; sums differ by what the cells differ by."""
    there, back = (sources.compare(edition(a), edition(b)) for a, b in ((earlier, later), (later, earlier)))
    assert there.same + there.cells.num_rows == len({*earlier, *later})
    assert there.both == len({*earlier} & {*later})
    for what, other in (
        ("appeared", "gone"),
        ("gone", "appeared"),
        ("changed", "changed"),
        ("rounded", "rounded"),
    ):
        assert there.many(what) == back.many(other)
    change = sum((r["sum_after"] or 0) - (r["sum_before"] or 0) for r in there.sums.to_pylist())
    cells = sum((c["after"] or 0) - (c["before"] or 0) for c in there.cells.to_pylist())
    assert change == pytest.approx(cells)
    assert {*kinds(there)} <= {*KINDS}


# ---- quirk 3 of the checklist: the same resource in a newer form ----------------------------------------------

OLDER = 'code,2019,2020\n91001,"1,421.4",- 0\n91263,- 0,"1.273,9"\n91405,12.7,4.603\n'
NEWER = 'code,2019,2020\n91001,1421.43,\n91263,,"1273,92"\n91405,12.66,4603\n'


def test_a_newer_form_of_the_same_figures_is_rounding_and_no_revision(
    described: Describe, csv_file: Write
) -> None:
    """Two decimals for one, no mark of thousands, an empty cell for `- 0`; 2020 still Spanish."""
    older = described(
        numbers='{default: {thousands: ",", zero: ["- 0"]}, 2020: {decimal: ",", thousands: ".", zero: ["- 0"]}}'
    )
    before = sources.read(older, csv_file(OLDER))
    newer = described(numbers='{default: {empty: zero}, 2020: {decimal: ",", empty: zero}}')
    after = sources.read(newer, csv_file(NEWER))
    revision = sources.compare(before, after)
    assert (revision.same, revision.many("rounded"), revision.many("changed")) == (3, 3, 0)
    assert kinds(revision) == ["rounded"]


def test_the_meaning_of_an_empty_cell_shows(described: Describe, csv_file: Write) -> None:
    absent = described(numbers='{default: {empty: absent}, 2020: {decimal: ",", empty: absent}}')
    after = sources.read(absent, csv_file(NEWER))
    older = described(
        numbers='{default: {thousands: ",", zero: ["- 0"]}, 2020: {decimal: ",", thousands: ".", zero: ["- 0"]}}'
    )
    revision = sources.compare(sources.read(older, csv_file(OLDER)), after)
    assert {n.kind: n.values["cells"] for n in sources.notices(revision)} == {"rounded": 3, "zeros_gone": 2}


def test_a_figure_cut_and_not_rounded_is_a_change() -> None:
    fine: Cells = {("A", "2019"): 12.69, ("B", "2019"): 4.61}
    revision = sources.compare(edition(fine), edition({("A", "2019"): 12.6, ("B", "2019"): 4.6}))
    assert (revision.many("changed"), revision.many("rounded")) == (1, 1)


# ---- lists ------------------------------------------------------------------------------------------------------


def test_two_lists_of_places() -> None:
    now = observations("dane-divipola")
    assert sources.compare_lists(now, now, sources.LIST_KEYS["places"]).num_rows == 0
    rows = now.to_pylist()
    for row in rows:
        if row["code"] == "CO-13222":
            row["name"] = "Clemencía"
    rows = [row for row in rows if row["code"] != "CO-94663"]
    before = pa.Table.from_pylist(rows, schema=now.schema)
    told = sources.compare_lists(before, now, sources.LIST_KEYS["places"]).to_pylist()
    assert [(t["entry"], t["what"], t["column"], t["before"]) for t in told] == [
        ("CO-13222", "changed", "name", "Clemencía"),
        ("CO-94663", "appeared", "", ""),
    ]


# ---- real pairs -------------------------------------------------------------------------------------------------


def population(described: sources.SourceDescription, file: str, **columns: str) -> pa.Table:
    """A file of another edition of the population: other columns, the same series."""
    path = publishers("dane-population").parent / file
    if not path.exists():
        pytest.skip(f"the publisher's file {file} is not beside the repository")
    values = {column: described.values[name] for column, name in columns.items()}
    ignore = dict.fromkeys(
        ("men", "women", "age_0_14", "age_15_29", "age_30_59", "age_60_plus"), "not compared here"
    )
    said = described.model_copy(
        update={
            "values": values,
            "ignore": ignore if len(columns) == 1 else {},
            "expect": described.expect.model_copy(update={"rows": None, "totals": {}}),
            "numbers": {"default": NumberFormat(empty="absent")},
            "undefined_when": described.undefined_when
            and described.undefined_when.model_copy(update={"column": "population"}),
        }
    )
    return sources.read(said, path)


@pytest.mark.shared
@pytest.mark.published(
    "DANE, projections of the censuses of 2005 and 2018; differences stated by the compilers"
)
def test_two_censuses_are_two_editions_of_the_population(colombia: Gazetteer) -> None:
    """Quirk 19: 340 of 1,122 municipalities differ by more than a fifth in 2014, and the nation by 3.9 %."""
    described = sources.describe("dane-population")
    old = population(
        described,
        "municipality_year_1993_2014_census2005_urban_rural.csv.gz",
        population="total",
        urban="urban",
        rural="rural",
    )
    new = observations("dane-population")
    revision = sources.compare(old, new, {code: place.level for code, place in colombia.places.items()})
    year = revision.cells.filter((pc.field("series") == "population") & (pc.field("period") == "2014"))
    told = {c["place"]: (c["before"], c["after"]) for c in year.to_pylist() if c["what"] == "changed"}
    assert told["CO-05120"] == (36804, 27503)
    assert told["CO-52835"] == (195419, 239414)
    ratio = np.array([before / after for before, after in told.values() if before and after])
    assert ((ratio > 1.2) | (ratio < 0.8)).sum() == 340
    assert (ratio.min(), ratio.max()) == (pytest.approx(0.37, abs=0.005), pytest.approx(3.3, abs=0.05))
    (row,) = revision.sums.filter(
        (pc.field("series") == "population") & (pc.field("period") == "2014")
    ).to_pylist()
    assert (row["sum_before"], row["sum_after"]) == (47661787, 45866010)
    # The years that only the newer has are new, not revised.
    assert set(revision.cells.filter(pc.field("period") == "2020")["what"].to_pylist()) == {"appeared"}


def test_two_editions_of_a_population_differ_and_their_years_are_told_apart(
    described: Describe, csv_file: Write, colombia: Gazetteer
) -> None:
    """The figures of two censuses for 2014 and two places; what one has alone is new, not revised."""
    said = described(
        layout="long",
        place="{column: code, prefix: CO-, width: 5}",
        period="{column: year}",
        series="{population: {unit: persons}}",
        values="{people: {series: population}}",
        covers="{places: two, years: 2014-2020}",
    )
    old = sources.read(said, csv_file("code,year,people\n05120,2014,36804\n52835,2014,195419\n"), colombia)
    new = sources.read(
        said, csv_file("code,year,people\n05120,2014,27503\n52835,2014,239414\n05120,2020,30000\n"), colombia
    )
    revision = sources.compare(old, new, {code: p.level for code, p in colombia.places.items()})
    cells = {
        (c["place"], c["period"]): (c["what"], c["before"], c["after"]) for c in revision.cells.to_pylist()
    }
    assert cells == {
        ("CO-05120", "2014"): ("changed", 36804, 27503),
        ("CO-52835", "2014"): ("changed", 195419, 239414),
        ("CO-05120", "2020"): ("appeared", None, 30000),
    }


@pytest.mark.shared
def test_two_routes_to_one_edition_of_the_population_agree_in_every_cell(colombia: Gazetteer) -> None:
    described = sources.describe("dane-population")
    other = population(described, "municipality_year_2012_2024_census2018.csv.gz", population="total")
    revision = sources.compare(other, observations("dane-population"))
    assert (revision.both, revision.many("changed"), revision.many("gone")) == (14586, 0, 0)


@pytest.mark.shared
def test_the_panel_repeats_the_coca_of_the_observatory(colombia: Gazetteer) -> None:
    """The conflict panel took its coca from the table of the Observatory: 2001 to 2016 are the same figures."""
    described = sources.describe("cede-conflict-panel")
    column = next(iter(described.values))
    said = described.model_copy(
        update={
            "values": {"H_coca": described.values[column].model_copy(update={"series": "coca_area"})},
            "series": {"coca_area": sources.describe("odc-simci-coca").series["coca_area"]},
            "ignore": {k: v for k, v in described.ignore.items() if k != "H_coca"}
            | dict.fromkeys(described.values, "not compared here"),
            "expect": described.expect.model_copy(update={"totals": {}, "rows": None}),
        }
    )
    panel = sources.read(said, publishers("cede-conflict-panel"), colombia)
    panel = panel.filter((pc.field("period") >= "2001") & (pc.field("period") <= "2016"))
    same_makers = {"estimator": "unodc-simci", "source": "odc-simci-coca"}
    for name, maker in same_makers.items():
        panel = panel.set_column(panel.column_names.index(name), name, pa.repeat(maker, panel.num_rows))
    mine = observations("odc-simci-coca").filter(pc.field("period") <= "2016")
    revision = sources.compare(mine, panel)
    changed = revision.cells.filter(pc.field("what") == "changed")
    assert revision.both == 3124  # the panel has no row where the Observatory has a zero
    gone = revision.cells.filter(pc.field("what") == "gone")
    assert pc.sum(gone["before"]).as_py() == 0
    assert changed.num_rows == 0, changed.slice(0, 5).to_pylist()

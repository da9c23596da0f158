"""Rules that look for what may be wrong in a table: made-up tables whose faults are known, then the real ones."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import pytest
from sources_case import held, observations

from vereda import sources
from vereda.errors import NotReconciled
from vereda.sources import signs
from vereda.sources.description import Expect
from vereda.terms.observation import OBSERVATIONS
from vereda.terms.place import Gazetteer, Place
from vereda.terms.source import Sign

Describe = Callable[..., sources.SourceDescription]
MUNICIPALITIES = [f"XA-{n:03}" for n in range(40)]
LAND = Gazetteer.of(
    [Place("XA", "Land", "country"), *(Place(code, code, "municipality", "XA") for code in MUNICIPALITIES)]
)
Row = tuple[str, str, float | None]


def table(rows: Iterable[Row], unit: str = "ha", status: str = "measured") -> pa.Table:
    said = [
        {"series": "coca_area", "place": place, "period": when, "estimator": "office", "source": "made-up", "vintage": "2024",
         "value": value, "unit": unit, "status": status, "row": line, "col": when}
        for line, (place, when, value) in enumerate(rows, 2)
    ]  # fmt: skip
    return pa.Table.from_pylist(said, schema=OBSERVATIONS)


def steady(years: range = range(2015, 2021)) -> list[Row]:
    return [(place, str(year), 10.0 + n) for n, place in enumerate(MUNICIPALITIES) for year in years]


def sign(rule: str, d: sources.SourceDescription, one: pa.Table, gazetteer: Gazetteer = LAND) -> Sign:
    return signs.RULES[rule](d, one, gazetteer)


def test_a_quiet_table_has_no_sign(described: Describe) -> None:
    found = sources.inspect(described(), table(steady()), LAND)
    assert {s.state for s in found} <= {"nothing", "not asked"}
    assert [s.rule for s in found] == [*signs.RULES]


def test_out_of_bounds(described: Describe) -> None:
    d = described(series="{coca_area: {unit: ha, least: 0, most: 1000}}")
    found = sign(
        "bounds",
        d,
        table([*steady(), ("XA-001", "2021", -1.0), ("XA-002", "2021", 1001.0), ("XA-003", "2021", None)]),
    )
    assert (found.state, found.many) == ("found", 2)
    assert {(s.place, s.value) for s in found.seen} == {("XA-001", -1.0), ("XA-002", 1001.0)}
    assert sign("bounds", described(), table(steady())).note == "some of its series have no bounds"


def test_a_code_outside_its_years(described: Describe) -> None:
    """A municipality created in 2007 has figures of 2004; another ended in 2019. A zero there is no figure."""
    land = Gazetteer.of([*LAND.places.values(), Place("XA-900", "New", "municipality", "XA", since=2007),
                         Place("XA-901", "Old", "municipality", "XA", until=2019)])  # fmt: skip
    rows: list[Row] = [("XA-900", "2004", 3.0), ("XA-900", "2005", 0.0), ("XA-900", "2008", 3.0), ("XA-901", "2019", 2.0),
                       ("XA-901", "2020", 2.0), ("XA-999", "2020", 1.0)]  # fmt: skip
    found = sign("codes", described(), table([*steady(), *rows]), land)
    assert {(s.place, s.period) for s in found.seen} == {
        ("XA-900", "2004"),
        ("XA-901", "2020"),
        ("XA-999", "2020"),
    }


def test_a_jump_is_tenfold_and_among_the_largest(described: Describe) -> None:
    rows = [row for row in steady() if row[:2] not in {("XA-039", "2018"), ("XA-000", "2018")}]
    jumped = [
        *rows,
        ("XA-039", "2018", 490.0),
        ("XA-000", "2018", 1.0),
    ]  # the second is small: tenfold of little is little
    found = sign("jumps", described(), table(jumped))
    assert {(s.place, s.period, s.before, s.value) for s in found.seen} == {
        ("XA-039", "2018", 49.0, 490.0), ("XA-039", "2019", 490.0, 49.0)}  # fmt: skip
    assert (
        sign("jumps", described(), table([*rows, ("XA-039", "2018", 489.0), ("XA-000", "2018", 10.0)])).state
        == "nothing"
    )


def test_years_between_make_no_jump(described: Describe) -> None:
    rows: list[Row] = [
        (place, year, value) for place in MUNICIPALITIES for year, value in (("2015", 1.0), ("2017", 900.0))
    ]
    assert sign("jumps", described(), table(rows)).state == "nothing"
    assert sign("breaks", described(), table(rows)).state == "nothing"


def test_a_level_that_breaks(described: Describe) -> None:
    low: list[Row] = [(place, str(year), 10.0) for place in MUNICIPALITIES for year in range(2012, 2017)]
    high: list[Row] = [(place, str(year), 21.0) for place in MUNICIPALITIES for year in range(2017, 2020)]
    (one,) = sign("breaks", described(), table([*low, *high])).seen
    assert (one.period, one.before, one.value, one.unit) == ("2017", 400.0, 840.0, "ha")
    # Twice is not more than twice.
    twice = [(place, when, 20.0) for place, when, _ in high]
    assert sign("breaks", described(), table([*low, *twice])).state == "nothing"
    # What is known to be incomplete was said already.
    assert sign("breaks", described(), table([*low, *high], status="incomplete")).state == "not asked"
    # A rate has no sum; its places can be counted.
    assert sign("breaks", described(), table([*low, *high], unit="%")).state == "nothing"
    fewer = [row for row in high if row[0] < "XA-019"]
    assert {s.unit for s in sign("breaks", described(), table([*low, *fewer], unit="%")).seen} == {"places"}
    assert (
        sign("breaks", described(), table([row for row in [*low, *high] if row[0] < "XA-009"])).state
        == "not asked"
    )


@pytest.mark.parametrize(
    ("rows", "state"), [(1000, "found"), (50_000, "found"), (999, "nothing"), (1001, "nothing")]
)
def test_a_round_number_of_rows(rows: int, state: str, described: Describe) -> None:
    d = described().model_copy(update={"expect": Expect(rows=rows)})
    found = sign("truncation", d, table(steady()))
    assert found.state == state
    assert [s.value for s in found.seen] == ([rows] if state == "found" else [])


def test_a_last_page_that_was_cut(described: Describe) -> None:
    """Rows sorted by year: the limit of the portal fell into the newest."""
    cut = [row for row in steady() if row[1] != "2020" or row[0] < "XA-015"]
    (one,) = sign("truncation", described(), table(cut)).seen
    assert (one.period, one.before, one.value) == ("2020", 40.0, 15.0)
    half = [row for row in steady() if row[1] != "2020" or row[0] < "XA-020"]
    assert sign("truncation", described(), table(half)).state == "nothing"
    said = pa.concat_tables(
        [
            table([r for r in cut if r[1] < "2020"]),
            table([r for r in cut if r[1] == "2020"], status="incomplete"),
        ]
    )
    assert sign("truncation", described(), said).state == "nothing"


def test_two_codes_of_one_name(colombia: Gazetteer) -> None:
    divipola = sources.describe("dane-divipola")
    now = observations("dane-divipola")
    assert sign("names", divipola, now).state == "nothing"
    rows = [
        {**row, "name": "Tumaco"} if row["code"] in ("CO-52835", "CO-52838") else row
        for row in now.to_pylist()
    ]
    assert sign("names", divipola, pa.Table.from_pylist(rows, schema=now.schema)).many == 1


def test_codes_that_a_description_corrects_are_told(described: Describe) -> None:
    d = described(
        place='{column: code, prefix: XA-, name: name, corrections: {"099": {to: "001", reason: a slip of the pen}}}'
    )
    found = sign("names", d, table(steady()))
    assert (found.state, [s.place for s in found.seen]) == ("found", ["XA-001"])
    assert sign("names", described(), table(steady())).state == "not asked"


def test_what_was_revised_since_the_edition_before(described: Describe) -> None:
    old, new = table(steady()), table([("XA-000", "2015", 900.0), *steady()[1:-1]])
    found = sources.revisions(described(), [old, new])
    assert (found.state, found.many) == ("found", 2)
    assert (found.seen[0].before, found.seen[0].value) == (10.0, 900.0)
    assert sources.revisions(described(), [new]).note == "one edition is held"
    places = observations("dane-divipola")
    assert sources.revisions(sources.describe("dane-divipola"), [places, places]).state == "nothing"


def test_a_sign_is_information_unless_the_description_declares_it_a_failure(described: Describe) -> None:
    low: list[Row] = [(place, "2019", 10.0) for place in MUNICIPALITIES]
    high: list[Row] = [(place, "2020", 21.0) for place in MUNICIPALITIES]
    one, plain = table([*low, *high]), described()
    assert not [c for c in sources.check(plain, one, LAND) if c.state == "failed"]
    strict = described(expect="{failing: [breaks]}")
    checks = sources.check(strict, one, LAND)
    (failed,) = [c for c in checks if c.state == "failed"]
    assert (failed.name, failed.found) == ("no sign of breaks", 1)
    with pytest.raises(NotReconciled, match="no sign of breaks"):
        sources.refuse_failed(strict, checks)
    quiet = sources.check(strict, table(low), LAND)
    assert [c.state for c in quiet if c.name == "no sign of breaks"] == ["passed"]


def test_a_declared_failure_must_be_a_rule(described: Describe) -> None:
    with pytest.raises(Exception, match="failing"):
        described(expect="{failing: [feelings]}")


def test_the_years_held(described: Describe) -> None:
    assert sources.span(table(steady())) == "2015-2020"
    assert sources.span(table([("XA-001", "FY2004", 1.0)])) == "2004"
    assert sources.span(observations("dane-divipola")) == ""


# ---- what the rules find in the figures held --------------------------------------------------------------------


def test_no_figure_held_is_out_of_bounds_and_none_was_cut(colombia: Gazetteer) -> None:
    for dataset in (
        "odc-simci-coca",
        "ponal-homicides",
        "ponal-extortion",
        "upra-eva-crops",
        "mindefensa-kidnapping",
    ):
        found = {
            s.rule: s for s in sources.inspect(sources.describe(dataset), observations(dataset), colombia)
        }
        assert found["bounds"].state == "nothing"
        assert found["truncation"].state == "nothing"


def test_homicides_in_municipalities_that_did_not_exist_yet(colombia: Gazetteer) -> None:
    """Quirk 8: San José de Uré (created in 2007) and Tuchín have homicides of 2003 to 2006 in the police table."""
    found = sign("codes", sources.describe("ponal-homicides"), observations("ponal-homicides"), colombia)
    assert found.many == 6
    assert {s.place for s in found.seen} <= {"CO-23682", "CO-23815"}
    assert all(s.period < "2007" for s in found.seen)


def test_the_year_of_theft_that_the_interface_cut_is_a_break(colombia: Gazetteer) -> None:
    """Quirks 12 and 16: theft of 2008 lost 74 %; the description says so, and without its word the rule does."""
    d, batch = sources.describe("ponal-crime-departments"), held("ponal-crime-departments")
    said = batch.observations
    assert isinstance(said, pa.Table)
    assert not [s for s in sign("breaks", d, said, colombia).seen if s.series == "thefts"]
    bare = said.set_column(said.column_names.index("status"), "status", pa.repeat("measured", said.num_rows))
    found = {(s.series, s.period): (s.before, s.value) for s in sign("breaks", d, bare, colombia).seen}
    assert found["thefts", "2008"] == (68816, 22736)
    assert found["thefts", "2009"] == (22736, 79276)


def test_the_naive_reading_of_sardinata_is_a_jump(colombia: Gazetteer) -> None:
    """Quirk 1 once more: 4.603 taken for four and a half hectares stands out although the column would not show it."""
    coca = observations("odc-simci-coca")
    values = [4.603 if (p, y) == ("CO-54720", "2020") else v for p, y, v in
              zip(coca["place"].to_pylist(), coca["period"].to_pylist(), coca["value"].to_pylist(), strict=True)]  # fmt: skip
    naive = coca.set_column(coca.column_names.index("value"), "value", pa.array(values, pa.float64()))
    d = sources.describe("odc-simci-coca")
    right, wrong = (sign("jumps", d, one, colombia) for one in (coca, naive))
    assert (right.many, wrong.many) == (2, 4)
    assert ("CO-54720", "2020", 6516.0, 4.603) in {(s.place, s.period, s.before, s.value) for s in wrong.seen}


def test_a_page_of_a_thousand_rows_is_a_sign(described: Describe, tmp_path: Path) -> None:
    """Quirk 11: a page that the default limit cut has a thousand rows, and nothing else says so."""
    text = "code,2019,2020\n" + "".join(f"{n:05},{n},{n + 1}\n" for n in range(1000))
    path = tmp_path / "file.csv"
    path.write_text(text, encoding="utf-8")
    d = described(place="{column: code, prefix: XA-}", expect="{rows: 1000}")
    assert sign("truncation", d, sources.read(d, path)).seen[0].value == 1000

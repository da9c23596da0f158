"""Boundaries in time: codes created, abolished and split, on the real list; and who is near whom."""

import json
import math
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from sources_case import observations, value

from vereda.cli import main
from vereda.errors import BadRequest
from vereda.pipeline.boundaries import common_ground
from vereda.sources.crosswalk import EARTH_KM, Crossing, crosswalk, kilometres, nearest
from vereda.terms.figure import Figure
from vereda.terms.place import Gazetteer, Place


def changed(colombia: Gazetteer, then: int, now: int) -> set[tuple[str, Crossing]]:
    return {(one.what, one) for one in crosswalk(colombia, then, now) if one.what != "same"}


def test_codes_of_colombia_between_2005_and_2024(colombia: Gazetteer) -> None:
    """Quirk 8: four municipalities of 2006 and 2007, one area abolished, one municipality of the newest list."""
    assert changed(colombia, 2005, 2024) == {
        ("split", Crossing(("CO-13600",), ("CO-13490", "CO-13600"))),
        ("split", Crossing(("CO-19142",), ("CO-19142", "CO-19300"))),
        ("split", Crossing(("CO-23466",), ("CO-23466", "CO-23682"))),
        ("split", Crossing(("CO-23670",), ("CO-23670", "CO-23815"))),
        ("split", Crossing(("CO-27615",), ("CO-27493", "CO-27615"))),
        ("merged", Crossing(("CO-94343", "CO-94663"), ("CO-94343",))),
    }
    assert changed(colombia, 2010, 2018) == set()


def test_every_place_of_a_year_stands_once(colombia: Gazetteer) -> None:
    crossings = crosswalk(colombia, 2005, 2024)
    for side in ("then", "now"):
        codes = [code for one in crossings for code in getattr(one, side)]
        assert len(codes) == len({*codes})
    assert sum(len(one.now) for one in crossings) == 1122


def test_backwards_is_the_mirror(colombia: Gazetteer) -> None:
    there, back = crosswalk(colombia, 2005, 2024), crosswalk(colombia, 2024, 2005)
    assert sorted(Crossing(one.now, one.then) for one in there) == sorted(back)


def test_a_series_on_common_ground(colombia: Gazetteer) -> None:
    """Coca of Barrancominas and Mapiripana of 2018 against Barrancominas of 2023: summed, and nothing shared out."""
    coca = observations("odc-simci-coca")
    (group,) = [one for one in crosswalk(colombia, 2018, 2023) if one.what == "merged"]
    held = {code: value(coca, code, "2018") or 0.0 for code in ("CO-94343", "CO-94663")}
    found = {(code, "2018"): Figure(v, "ha", "", place=code) for code, v in held.items()}
    total = pytest.approx(sum(held.values()))
    assert common_ground(found, group.then, "2018") == (total, total)
    assert common_ground(found, group.now, "2023") is None
    few = {**found, ("CO-94663", "2018"): Figure(None, "persons", "", low=1, high=4)}
    assert common_ground(few, group.then, "2018") == (held["CO-94343"] + 1, held["CO-94343"] + 4)


def test_the_sums_of_the_case(tmp_path: Path) -> None:
    """The population of what changed from 2005 to 2015, from the door; a rate has no sum."""
    run = CliRunner().invoke
    asked = ["places", "--between", "2005-2015", "--build", str(tmp_path), "--series"]
    told = json.loads(run(main, [*asked, "population", "--json"]).output)
    people = observations("dane-population")
    assert told["groups"]
    for group in told["groups"]:
        for year, codes in (("2005", group["then"]), ("2015", group["now"])):
            each = [value(people, code, year, "population") for code in codes]
            assert group[year] == (None if None in each else pytest.approx(sum(e or 0.0 for e in each)))
    refused = run(main, [*asked, "homicide_rate"])
    assert refused.exit_code == 1
    assert "such figures have no sum" in refused.output
    assert "sumado en cada renglón" in run(main, [*asked, "population", "--lang", "es"]).output


def test_created_of_nothing_that_the_list_names() -> None:
    land = Gazetteer.of(
        [Place("XA-1", "Old", "municipality"), Place("XA-2", "New", "municipality", since=2010)]
    )
    assert [(one.what, one.now) for one in crosswalk(land, 2005, 2015)] == [
        ("created", ("XA-2",)),
        ("same", ("XA-1",)),
    ]
    assert ("abolished", Crossing(("XA-2",), ())) in changed(land, 2015, 2005)


def test_who_is_near(colombia: Gazetteer) -> None:
    near = nearest(colombia, "CO-52835", 5)
    assert [n.km for n in near] == sorted(n.km for n in near)
    assert "CO-52835" not in {n.place for n in near}
    assert near[0].km < 60
    with pytest.raises(BadRequest, match="no seat of it"):
        nearest(colombia, "CO-94663", 1)
    with pytest.raises(BadRequest, match="Ask for 1 to"):
        nearest(colombia, "CO-52835", 0)


spots = st.tuples(st.floats(-180, 180), st.floats(-89, 89)).map(
    lambda s: Place("XA", "", "x", lon=s[0], lat=s[1])
)


@given(a=spots, b=spots, c=spots)
def test_distances_are_distances(a: Place, b: Place, c: Place) -> None:
    assert kilometres(a, b) == pytest.approx(kilometres(b, a), abs=1e-6)
    assert kilometres(a, c) <= kilometres(a, b) + kilometres(b, c) + 1e-6
    assert kilometres(a, b) <= math.pi * EARTH_KM + 1e-6


def test_a_degree_of_the_equator() -> None:
    one, other = (Place("XA", "", "x", lon=lon, lat=0.0) for lon in (0.0, 1.0))
    assert kilometres(one, other) == pytest.approx(math.pi * EARTH_KM / 180)

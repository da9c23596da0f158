"""What has a sum over places, what is in it, and what says that it has none."""

import pytest
from test_few_people import Held, deaths, held, row, shown

from vereda.errors import NoTrace
from vereda.pipeline.tracing import Tracer
from vereda.terms.unit import adds_up

HUILA, NEIVA, PITALITO, UNPLACED = "CO-41", "CO-41001", "CO-41551", "CO-41000"
__all__ = ["held"]


@pytest.mark.parametrize("unit", ["ha", "t", "deaths", "persons", "USD", "USD million", "USD of 2020", "COP", "thousand million COP", "events", "member"])  # fmt: skip
def test_amounts_and_counts_add_up(unit: str) -> None:
    assert adds_up(unit)


@pytest.mark.parametrize("unit", ["%", "share", "index", "points", "points of 100", "per 1 000 births", "nW/cm2/sr", "minutes", "m", "km", "t/ha/yr", "USD/kg", "anything else"])  # fmt: skip
def test_shares_scores_distances_and_what_is_not_known_do_not(unit: str) -> None:
    assert not adds_up(unit)


def light(place: str, value: float) -> dict[str, object]:
    return row("night_lights", place, value, "2020", "viirs-night-lights", "2024", "nW/cm2/sr")


def test_a_country_has_no_night_light_of_its_own(held: Held) -> None:
    desk = held(light(NEIVA, 3.0), light(PITALITO, 1.0))
    assert desk.best("night_lights", HUILA, "2020") is None
    assert desk.periods("night_lights", HUILA) == ()
    assert desk.periods_inside("night_lights", HUILA) == ("2020",)  # a panel of municipalities has its years
    assert desk.best("night_lights", NEIVA, "2020").value == 3.0  # type: ignore[union-attr]
    with pytest.raises(NoTrace, match="nW/cm2/sr, which has no sum over places"):
        Tracer(desk)("night_lights@CO-41:2020")


def test_what_is_known_by_department_alone_is_in_its_sum_and_in_no_municipality(held: Held) -> None:
    desk = held(deaths(NEIVA, 20), deaths(PITALITO, 9), deaths(UNPLACED, 6))
    for place in (HUILA, "CO"):
        assert desk.best("homicides", place, "2020").value == 35  # type: ignore[union-attr]
        step = Tracer(desk)(f"homicides@{place}:2020")
        assert "sum of 2 municipalities" in step.locator
        assert "1 more in none of them" in step.locator
        assert sum(s.value or 0 for s in step.inputs if s.kind == "observation") == 35


def test_what_stands_in_no_municipality_gives_no_few_away(held: Held) -> None:
    """The department's total less its unplaced is the few of its one municipality: a range as wide as theirs."""
    desk = held(deaths(NEIVA, 2), deaths(UNPLACED, 10))
    assert shown(desk.best("homicides", NEIVA, "2020")) == (None, 1, 4, "few")
    assert shown(desk.best("homicides", HUILA, "2020")) == (None, 11, 14, "few")
    assert desk.exact("homicides", HUILA, "2020").value == 12  # type: ignore[union-attr]


def test_a_sum_of_some_places_says_of_how_many(held: Held) -> None:
    """No row means nothing where no table declares its zeros: Huila has 37 municipalities."""
    desk = held(deaths(NEIVA, 20), deaths(PITALITO, 9))
    assert desk.best("homicides", HUILA, "2020").note == "not all places: 2/37"  # type: ignore[union-attr]
    assert "not all places: 2/37" in Tracer(desk)("homicides@CO-41:2020").locator


def test_a_description_may_say_otherwise(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = held(row("way_length", NEIVA, 3.0, "2020", "osm", "2024", "km"), row("way_length", PITALITO, 1.0, "2020", "osm", "2024", "km"))  # fmt: skip
    assert desk.best("way_length", HUILA, "2020") is None
    monkeypatch.setattr(desk, "_adds", {"way_length": True})
    monkeypatch.setattr(desk, "_found", {})  # what was answered before
    assert desk.best("way_length", HUILA, "2020").value == 4.0  # type: ignore[union-attr]


def test_changed_says_that_a_country_has_no_sum(held: Held) -> None:
    from vereda.pipeline.questions import indicator

    desk = held(light(NEIVA, 3.0), deaths(NEIVA, 20))
    assert indicator(desk, "night_lights", HUILA).without_sum == "nW/cm2/sr"
    assert indicator(desk, "night_lights", NEIVA).without_sum == ""
    assert indicator(desk, "homicides", HUILA).without_sum == ""

"""`vereda production`: what a person types, what it keeps apart, and what it refuses."""

import csv
import io
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from vereda import cooperation, publication
from vereda.cli import main
from vereda.errors import BadCase, BadDesign, NoTrace, VeredaError
from vereda.measurement import stages
from vereda.measurement.quantities import QUANTITIES
from vereda.pipeline import factors, production_reply, production_words
from vereda.pipeline.desk import Desk
from vereda.pipeline.explaining import explain
from vereda.pipeline.factors import Held
from vereda.pipeline.foreseeing import foresee
from vereda.pipeline.path import _desk
from vereda.pipeline.study import Study
from vereda.pipeline.tracing import Tracer
from vereda.publication import as_json, text
from vereda.store import Store
from vereda.terms.potential import Explained, Potential

CASE = Path(__file__).resolve().parents[2] / "cases" / "us-colombia"
DRAWS = 2**12


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("build")


@pytest.fixture(scope="module")
def table(study: Study, workspace: Store) -> tuple[Desk, Held]:
    return production_reply.desks(study, workspace, study.register.case.as_of)


def vereda(built: Path, *words: str) -> Result:
    result = CliRunner().invoke(main, ["production", *words, "--build", str(built), "--case", str(CASE)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def asked(
    study: Study, table: tuple[Desk, Held], year: int | None = 2023, *given: str, **more: Any
) -> Potential:
    return production_reply.answer(study.register, *table, year, draws=DRAWS, given=given, **more)[0]


def figures(told: Any) -> Iterator[dict[str, Any]]:
    if isinstance(told, dict):
        if "trace" in told and "value" in told:
            yield told
        for part in told.values():
            yield from figures(part)
    elif isinstance(told, list):
        for part in told:
            yield from figures(part)


# ---- what a person reads -------------------------------------------------------------------------------------------


def printed(parts: list[Any]) -> str:
    console = Console(width=120, record=True, file=io.StringIO())
    for part in parts:
        console.print(part)
    return " ".join(console.export_text().split())


SAYS = {
    "en": ["Potential, not actual", "Published: 2,664", "lies outside", "What is missing", "5–95 %"],
    "es": ["Potencial, no real", "Publicado: 2.664", "queda fuera", "Qué falta", "5–95 %"],
}


def test_a_year_in_both_languages(built: Path, study: Study, table: tuple[Desk, Held]) -> None:
    shown = " ".join(vereda(built, "--year", "2023", "--draws", "4096").output.split())
    spanish = printed(publication.production_text(asked(study, table), "es"))
    for words in SAYS["en"]:
        assert words in shown
    for words in SAYS["es"]:
        assert words in spanish


def test_without_a_year_the_latest_that_can_be_computed(built: Path) -> None:
    told = json.loads(vereda(built, "--draws", "4096", "--json").output)
    assert (told["asked"]["year"], told["computed"]) == (2024, True)
    assert told["published"][0]["status"] == "leaked"
    assert any("not published by its owner" in m["text"] for m in told["says"])


def test_the_other_chain_says_what_it_lacks(study: Study, table: tuple[Desk, Held]) -> None:
    told = as_json(asked(study, table, None, estimator="us"))
    assert (told["asked"]["year"], told["computed"], told["readings"]) == (2021, False, [])
    assert {m["quantity"] for m in told["missing"]} == {
        "dry_leaf_yield",
        "alkaloid_content",
        "laboratory_efficiency",
    }
    assert all(m["printed"]["en"] and m["at"].startswith("production.yml:") for m in told["missing"])
    assert told["published"][0]["value"] == 972
    assert {e["figure"]["status"] for e in told["elsewhere"]} == {"stated"}
    assert "cannot be computed for 2021" in printed(
        publication.production_text(asked(study, table, None, estimator="us"), "en")
    )


def explained(study: Study, table: tuple[Desk, Held], before: str, after: str) -> Explained:
    return explain(study.register, *table, study.register.assessments[0], before, after)[0]


def test_explain(built: Path, study: Study, table: tuple[Desk, Held]) -> None:
    assert "re-measurement, not growth" in " ".join(vereda(built, "explain", "2021", "2023").output.split())
    spanish = printed(publication.explained_text(explained(study, table, "2021", "2023"), "es"))
    assert "nueva medición, no crecimiento" in spanish
    told = explained(study, table, "2017@2018-09", "2017@2019-08")
    shares = {p.factor: (round(p.shapley_share.value or 0), p.reading) for p in told.parts}
    assert shares["method"] == (100, "method")
    assert {reading for _, reading in shares.values()} == {"method", "same"}


def test_parts_sum_to_the_change_across_a_step_of_method(study: Study, table: tuple[Desk, Held]) -> None:
    told = explained(study, table, "2016", "2018")
    assert sum(p.shapley.value or 0 for p in told.parts) == pytest.approx(told.change.value)
    assert sum(p.logarithmic.value or 0 for p in told.parts) == pytest.approx(told.change.value)
    # Leaf of the first edition of 2016 does not go with the production of the second.
    assert [p.factor for p in told.parts] == ["area", "yield", "method"]
    first = explained(study, table, "2016@2017-07", "2018")
    assert [p.factor for p in first.parts] == ["area", "leaf", "conversion", "method"]


# ---- every number has a way back ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("year", "estimator"), [(2023, "unodc"), (2017, "unodc"), (2021, "us")])
def test_every_number_walks_back(study: Study, table: tuple[Desk, Held], year: int, estimator: str) -> None:
    tracer = Tracer(table[0])
    told, steps = production_reply.answer(study.register, *table, year, estimator, DRAWS)
    found = [f for f in figures(as_json(told)) if f["value"] is not None]
    assert len(found) > 40
    for figure in found:
        step = steps.get(figure["trace"]) or tracer(figure["trace"])
        assert step.value == pytest.approx(figure["value"]), figure["trace"]
        for behind in step.inputs:
            assert not behind.key or behind.key in steps or tracer(behind.key), behind.key


def test_a_number_is_traced_by_its_key(built: Path, study: Study, workspace: Store) -> None:
    key = "production@CO:2021-2023~unodc~yield.ratio"
    shown = CliRunner().invoke(main, ["trace", key, "--build", str(built), "--case", str(CASE)]).output
    assert "India Blooms" in shown
    day = study.register.case.as_of
    for key in (
        "parameter@cocaine-per-hectare-2020",
        "elsewhere@andes-1992-paste",
        "production@CO:2023~unodc~apparent_yield",
    ):
        step = production_reply.ways(study, workspace, day, key)[key]
        assert step.inputs, key
    with pytest.raises(NoTrace, match="Keys like it"):
        production_reply.ways(study, workspace, day, "production@CO:2023~unodc~apparent_yeld")


# ---- properties -----------------------------------------------------------------------------------------------------


def test_the_same_words_give_the_same_json(study: Study, table: tuple[Desk, Held]) -> None:
    def told(seed: int) -> str:
        found = production_reply.answer(study.register, *table, 2021, draws=DRAWS, seed=seed)[0]
        return json.dumps(as_json(found), allow_nan=False)

    assert told(7) == told(7)
    values = [json.loads(told(seed))["readings"][0]["figure"]["value"] for seed in (7, 8)]
    assert values[0] != values[1]
    assert values[0] == pytest.approx(values[1], rel=0.01)


@pytest.mark.parametrize("day", ["2019-12-31", "2020-06-30", "2020-12-31", "2022-12-31", "2024-01-01"])
def test_as_of_never_sees_a_later_vintage(study: Study, workspace: Store, day: str) -> None:
    table = production_reply.desks(study, workspace, day)
    told = as_json(asked(study, table, None))
    assert told["asked"]["year"] <= int(day[:4])
    vintages = {f["vintage"] for f in figures(told) if f["vintage"]}
    assert vintages
    for vintage in vintages:
        assert vintage <= day[: len(vintage)], vintage
    assert all(w["year"] <= int(day[:4]) for w in told["field_work"])


def test_a_factor_printed_later_changes_nothing_before(study: Study, workspace: Store) -> None:
    """2019 as of the end of 2020 uses the yield of 2019; a month before that was printed, the one of 2018."""
    uses = {}
    for day in ("2020-06-30", "2020-12-31"):
        told = asked(study, production_reply.desks(study, workspace, day), 2019)
        uses[day] = {u.quantity: u.figure.value for u in told.inputs}["hcl_per_ha"]
    assert uses == {"2020-06-30": 6.5, "2020-12-31": 6.7}


def test_what_is_given_changes_only_what_it_names(study: Study, table: tuple[Desk, Held]) -> None:
    plain, other = asked(study, table), asked(study, table, 2023, "hcl_per_ha=10..12")
    before, after = ({u.figure.trace: u for u in told.inputs} for told in (plain, other))
    gone, come = set(before) - set(after), set(after) - set(before)
    assert gone == {"parameter@cocaine-per-hectare-2020"}
    assert come == {"given@hcl_per_ha=10..12"}
    assert all(before[key] == after[key] for key in set(before) & set(after))
    assert (plain.published, plain.revisions, plain.companions.pledges, plain.consistency) == (
        other.published, other.revisions, other.companions.pledges, other.consistency)  # fmt: skip
    assert plain.stages[:3] == other.stages[:3] or [
        s.figure.value for s in plain.stages[:3]
    ] == pytest.approx([s.figure.value for s in other.stages[:3]], rel=1e-3)
    assert (plain.readings[0].figure.value or 0) < (other.readings[0].figure.value or 0)


def test_what_is_given_beside_the_chain_leaves_the_chain_alone(
    study: Study, table: tuple[Desk, Held]
) -> None:
    plain, other = asked(study, table), asked(study, table, 2023, "losses=100..200", "counted_twice=0.1")
    assert plain.readings == other.readings
    left = [told.companions.available[0].left for told in (plain, other)]
    assert left[1].high == pytest.approx((left[0].high or 0) - 100)
    assert left[1].low == pytest.approx((left[0].low or 0) - 200)
    ratio = [told.companions.over[0].ratio.value for told in (plain, other)]
    assert ratio[1] == pytest.approx(0.9 * (ratio[0] or 0))
    assert len(other.companions.assumed) == len(plain.companions.assumed) - 2


def test_a_given_quantity_picks_the_form_it_moves(study: Study, table: tuple[Desk, Held]) -> None:
    assert asked(study, table).form == "hectare"
    assert asked(study, table, 2023, "fresh_leaf_yield=6").form == "leaf"
    told = asked(
        study,
        table,
        2021,
        "dry_leaf_yield=1.2",
        "alkaloid_content=0.5%",
        "laboratory_efficiency=0.7",
        estimator="us",
    )
    assert told.form == "alkaloid"
    assert told.readings[0].figure.value == pytest.approx(234_000 * 1.2 * 0.005 * 0.7)
    assert [s.id for s in told.stages] == ["sampled_area", "dry_leaf", "alkaloid", "hydrochloride"]
    routes = (
        "base_from_leaf=1.5",
        "base_from_paste=1.6",
        "base_purity=0.8",
        "hcl_per_base=0.9",
        "added_area=5000",
    )
    whole = asked(study, table, 2023, *routes)
    assert whole.form == "routes"
    by = {s.id: s.figure.value or 0.0 for s in whole.stages}
    assert by["productive_area"] == pytest.approx(by["mean_area"] + 5000)
    assert by["hydrochloride"] == pytest.approx(by["base"] * 0.8 * 0.9 / 1000, rel=1e-3)


def test_regions_are_summed_where_all_of_them_are_known(study: Study, table: tuple[Desk, Held]) -> None:
    """2005 has areas by region; factors for every region make a regional answer, and it is the sum of its parts."""
    regions = study.register.assessments[0].regions
    given = [f"hcl_per_ha@{r}={5 + i}" for i, r in enumerate(regions)]
    given += [f"added_area@{r}={100 * i}" for i, r in enumerate(regions)]
    told = asked(study, table, 2005, *given)
    assert (told.regional, told.form) == (True, "hectare")
    area = {u.figure.place: 0.0 for u in told.inputs if u.quantity == "census_area"}
    for u in told.inputs:
        if u.quantity == "census_area":
            area[u.figure.place] += (u.figure.value or 0.0) / 2
    expected = sum((area[r] + 100 * i) * (5 + i) / 1000 for i, r in enumerate(regions))
    assert told.readings[0].figure.value == pytest.approx(expected)
    assert told.readings[0].shares == ()  # nothing in it has an interval


def test_shares_name_what_to_measure(study: Study, table: tuple[Desk, Held]) -> None:
    printed, wide = asked(study, table).readings
    assert wide.id == "leaf-interval-2015"
    for reading in (printed, wide):
        assert sum(s.first.value or 0 for s in reading.shares) == pytest.approx(100, abs=2)
        totals = [s.total.value or 0 for s in reading.shares]
        assert totals == sorted(totals, reverse=True)
    assert printed.shares[0].quantity == "productive_ratio"
    assert wide.shares[0].quantity == "hcl_per_ha"
    assert (wide.figure.high or 0) - (wide.figure.low or 0) > 5 * (
        (printed.figure.high or 0) - (printed.figure.low or 0)
    )


def test_old_factors_are_marked(study: Study, table: tuple[Desk, Held]) -> None:
    told = {u.quantity: u for u in asked(study, table, 2024).inputs}
    assert told["fresh_leaf_yield"].carried == 5
    warning = told["fresh_leaf_yield"].warning
    assert warning is not None
    assert warning.text == production_words.WARNINGS["carried_too_long"]
    assert told["census_area"].warning is None


# ---- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--draws", "0"], "--draws takes"),
        (["--year", "2023", "explain", "2021", "2023"], "Write options after"),
    ],
)
def test_options_asked_wrong_are_answered_plainly(built: Path, words: list[str], says: str) -> None:
    result = vereda(built, *words)
    assert result.exit_code == 1
    assert says in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("year", "given", "says"),
    [
        (1990, [], "No area of 1990"),
        (2030, [], "Years with area.*production.yml:\\d+"),
        (2023, ["hcl_per_ha"], "--set takes NAME=VALUE"),
        (2023, ["hcl_per_ha=12..10"], "reversed"),
        (2023, ["hcl_per_ha=-1..2"], "reaches below zero"),
        (2023, ["hcl_per_ha=7 ha"], "cannot be turned into that"),
        (2023, ["yield=7"], "is no parameter"),
        (2023, ["dry_leaf_yield=7"], "belongs to the alkaloid chain"),
        (2023, ["hcl_per_ha@CO-99=7"], "no region of this assessment"),
        (2023, ["hcl_per_ha@CO-SIMCIPACIFIC=7"], "no way of computing"),
        (2023, ["hcl_per_ha=7", "purity_step=0.8"], "no way of computing"),
        (2023, ["share_leaf=0.9"], "not to one"),
        (2023, ["seizure_purity=1.2"], "a share lies between 0 and 1"),
        (2023, ["losses=-5"], "an amount is not negative"),
    ],
)
def test_what_is_asked_wrong_is_answered_plainly(
    study: Study, table: tuple[Desk, Held], year: int, given: list[str], says: str
) -> None:
    with pytest.raises(VeredaError, match=says):
        asked(study, table, year, *given)


def test_an_unknown_estimator_is_told_who_there_is(study: Study, table: tuple[Desk, Held]) -> None:
    with pytest.raises(VeredaError, match="There are: unodc, us"):
        asked(study, table, estimator="nobody")


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("2021", "2021", "the same figure"), ("2021", "2020", "Years held"), ("2017@2017-01", "2018", "Editions held"),
        ("last", "2018", "is no year"),
    ],
)  # fmt: skip
def test_changes_that_cannot_be_explained(
    study: Study, table: tuple[Desk, Held], before: str, after: str, says: str
) -> None:
    with pytest.raises(VeredaError, match=says):
        explained(study, table, before, after)


ENTRY = "- id: cocaine-per-hectare-2020"


@pytest.mark.parametrize(
    ("old", "new", "at", "says"),
    [
        ("unit: kg/ha\n  distribution: uniform\n  confidence: high\n  cites: [INSIGHT_2021]", "unit: ha\n  distribution: uniform\n  confidence: high\n  cites: [INSIGHT_2021]", ENTRY, "cannot be turned into that"),
        ("value: 1.0285\n  low: 1.0\n  high: 1.057", "value: 1.0285\n  low: 1.057\n  high: 1.0", "- id: productive-ratio-2020-07", "reversed"),
        ("value: 1.0285\n  low: 1.0\n", "value: 1.0285\n  low: -1.0\n", "- id: productive-ratio-2020-07", "below zero"),
        ("vintage: 2020-07\n  basis: computed", "vintage: 2030\n  basis: computed", "- id: productive-ratio-2020-07", "from the future"),
        ("quantity: hcl_per_ha\n  place: CO\n  year: 2020", "quantity: hcl_per_acre\n  place: CO\n  year: 2020", ENTRY, "no quantity of production"),
        ("period: 2020, estimator: unodc-simci, source: INSIGHT_2021", "period: 2022, estimator: unodc-simci, source: INSIGHT_2021", ENTRY, "must be one observation"),
        ("  value: 0\n  low: 0\n  high: 0\n  unit: \"%\"", "  value: 20\n  low: 20\n  high: 20\n  unit: \"%\"", "- id: growers-making-base-2019", "not to one"),
        ("quantity: seizure_purity\n  place: CO\n  year: 2000\n  value: 0.8\n  low: 0.7\n  high: 0.9", "quantity: seizure_purity\n  place: CO\n  year: 2000\n  value: 0.8\n  low: 0.7\n  high: 1.9", "- id: purity-of-seizures", "a share lies between 0 and 1"),
        ("    hcl_per_ha: 4", "    hcl_per_ha: -4", "- id: unodc", "life of hcl_per_ha"),
    ],
)  # fmt: skip
def test_a_fault_in_the_case_is_named_by_file_and_line(
    study: Study, table: tuple[Desk, Held], tmp_path: Path, old: str, new: str, at: str, says: str
) -> None:
    right = (CASE / "production.yml").read_text(encoding="utf-8")
    assert right.count(old) == 1, old
    for file in CASE.glob("*.yml"):
        shutil.copy(file, tmp_path)
    shutil.copytree(CASE / "vocabulary", tmp_path / "vocabulary")
    (tmp_path / "production.yml").write_text(right.replace(old, new), encoding="utf-8")
    register = cooperation.read(tmp_path, study.gazetteer)
    line = right.partition(at)[0].count("\n") + 1
    with pytest.raises(BadDesign, match=f"production.yml:{line}\\b") as told:
        factors.held(register, table[0])
    assert says in str(told.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("place: CO\n  year: 2020", "place: CO-XX\n  year: 2020", "is not a place"),
        ("cites: [INSIGHT_2021]", "cites: [INSIGHT_2012X]", "is not known"),
        ("chain: harvest", "chain: harvesting", "is not a value it takes"),
        ("pledges: [halve-cocaine, halve-coca-area]", "pledges: [halve-everything]", "is not known"),
        (ENTRY, "- id: cocaine-per-hectare-2019", "is taken"),
        ("field_year: 2022\n  assessment: unodc", "field_year: 2022\n  assessment: simci", "is not known"),
    ],
)
def test_the_register_names_what_points_nowhere(
    study: Study, tmp_path: Path, old: str, new: str, says: str
) -> None:
    right = (CASE / "production.yml").read_text(encoding="utf-8")
    assert old in right
    for file in CASE.glob("*.yml"):
        shutil.copy(file, tmp_path)
    shutil.copytree(CASE / "vocabulary", tmp_path / "vocabulary")
    (tmp_path / "production.yml").write_text(right.replace(old, new), encoding="utf-8")
    with pytest.raises(BadCase, match=r"production.yml:\d+") as told:
        cooperation.read(tmp_path, study.gazetteer)
    assert says in str(told.value)


def test_a_case_without_production_says_so(study: Study, table: tuple[Desk, Held]) -> None:
    bare = study.register.model_copy(update={"assessments": ()})
    with pytest.raises(VeredaError, match="assesses no production"):
        production_reply.answer(bare, *table, 2023)


# ---- both languages, and the notes it was carried over from ----------------------------------------------------------


def test_every_word_of_an_answer_has_its_spanish() -> None:
    words = {q.meaning for q in QUANTITIES.values()} | {meaning for meaning, _, _ in stages.STAGES.values()}
    words |= {meaning for meaning, _ in factors.COMPANIONS.values()}
    for table in (production_words.SAYS, production_words.WARNINGS, production_words.ASSUMES, production_words.DEFINITIONS,
                  production_words.FACTORS):  # fmt: skip
        words |= set(table.values())
    missing = sorted(words - set(text.catalogue("es")))
    assert not missing, missing
    holes = re.compile(r"\{\w+\}")
    for english in words:
        assert set(holes.findall(english)) == set(holes.findall(text.catalogue("es")[english]))


def test_every_parameter_of_the_notes_is_carried_over(table: tuple[Desk, Held], study: Study) -> None:
    shared = Path(__file__).resolve().parents[3] / "shared" / "data" / "facts" / "production_parameters.csv"
    if not shared.is_file():
        pytest.skip("The notes that the parameters were carried over from are not at hand.")
    _, held = table
    ours = {round(p.value * (0.01 if p.unit == "%" else 1), 5) for p in (*held.chain, *held.beside)}
    ours |= {round(e.value, 5) for e in study.register.elsewhere}
    per_tonne = {round(1000 * p.value, 3) for p in held.chain if p.unit == "t/t"}
    #: printed elsewhere: a width that the store holds as low and high; a price; the factor before the step of purity
    left_out = {"leaf_interval_relative_halfwidth", "farmgate_paste_price", "leaf_to_hcl_2018_vintage"}
    for row in csv.DictReader(shared.open(encoding="utf-8")):
        if row["parameter"] in left_out:
            continue
        wanted = float(row["value"])
        near = [v for v in ours | per_tonne if v == pytest.approx(wanted, abs=6e-4)]
        assert near, row


# ---- the predictive check ---------------------------------------------------------------------------------------------


def test_intervals_of_the_eve(study: Study, workspace: Store, table: tuple[Desk, Held]) -> None:
    told = foresee(
        study.register, lambda day: _desk(study, workspace, day), table[1], study.register.assessments[0]
    )
    by = {
        f.reading: {(y.published.year, y.published.vintage): y.inside for y in f.coverage.years} for f in told
    }
    judged = {name: {k: v for k, v in years.items() if v is not None} for name, years in by.items()}
    assert judged["printed"] == {(2019, "2020-06"): False, (2021, "2022-10"): True, (2023, "2024-10"): False}
    assert judged["leaf-interval-2015"] == {
        (2019, "2020-06"): True,
        (2021, "2022-10"): True,
        (2023, "2024-10"): False,
    }
    assert all(year != 2024 for year, _ in by["printed"])  # leaked: no publication
    rates = {f.reading: f.coverage.rate for f in told}
    assert rates["printed"] is not None
    assert round(rates["printed"].value, 2) == 0.33


def test_an_amount_at_the_purity_formerly_stated_is_never_called_pure(
    study: Study, table: tuple[Desk, Held]
) -> None:
    """The factor of 2016 is of cocaine as then stated: without the step of purity there is no pure amount."""
    assert not asked(study, table, 2016, "productive_ratio=1.02").computed
    told = asked(study, table, 2016, "productive_ratio=1.02", "purity_step=0.767")
    by = {s.id: s.figure.value or 0.0 for s in told.stages}
    assert told.form == "re-expressed"
    assert by["hydrochloride"] == pytest.approx(0.767 * by["stated"], rel=1e-9)
    assert by["hydrochloride"] < by["stated"] < (told.published[0].value or 0.0)
    assert {r.flag for r in told.readings} == {"other_purity"}, "what was published then is not pure, either"
    assert told.frozen is None
    assert any("stated at the purity then used" in m.text for m in told.says)


def test_field_work_belongs_to_the_estimator_whose_factors_it_served(
    study: Study, table: tuple[Desk, Held]
) -> None:
    assert [w.year for w in asked(study, table, 2021).field_work] == [2019, 2022, 2023]
    assert asked(study, table, 2021, estimator="us").field_work == ()


def test_a_balance_of_the_chemical_needs_the_supply_of_that_very_year(
    study: Study, table: tuple[Desk, Held]
) -> None:
    """1,400 t at 0.1 kg of permanganate a kilogram need 140 t."""
    none = asked(study, table, 2021)
    assert none.companions.balance is not None
    assert none.companions.balance.over == ()
    assert {"chemical_imported", "losses", "counted_twice"} <= {m.quantity for m in none.companions.missing}
    told = asked(study, table, 2021, "chemical_imported=280").companions
    assert told.balance is not None
    assert (told.need[0].value, told.balance.over[0].value) == (pytest.approx(140), pytest.approx(50))
    other = asked(study, table, 2021, "chemical_imported:2020=280").companions
    assert other.balance is not None
    assert other.balance.over == ()


def test_by_region_the_worth_of_surveying_one_is_told_and_areas_are_held_to_the_total(
    study: Study, table: tuple[Desk, Held]
) -> None:
    regions = table_regions(study)
    given = [
        word
        for i, r in enumerate(regions)
        for word in (f"census_area@{r}:2022=45000", f"census_area@{r}:2023=50000", f"productive_ratio@{r}=1.028",
                     f"hcl_per_ha@{r}={'4..14' if i == 1 else '8..10'}")
    ]  # fmt: skip
    told = asked(study, table, 2023, *given)
    assert (told.regional, told.form) == (True, "hectare")
    assert [m.values["total"].value for m in told.says if "add up to" in m.text] == [225_000, 250_000]  # type: ignore[union-attr]
    by = {s.place: s.narrowing.value or 0.0 for s in told.readings[0].regions}
    assert set(by) == set(regions)
    assert max(by, key=lambda r: by[r]) == regions[1], "the region known least is worth most"
    assert {s.id: s.missing for s in told.stages}["fresh_leaf"] == ("fresh_leaf_yield",), (
        "of the regions, not national"
    )
    shown = printed(publication.production_text(told, "en"))
    assert "A survey of one region" in shown
    assert regions[1] in shown


def table_regions(study: Study) -> tuple[str, ...]:
    return next(a for a in study.register.assessments if a.id == "unodc").regions

"""Made-up evaluations: every grade, and every optional part once present and once absent. No number here is a finding."""

from math import cos, sin

from vereda.pipeline.telling import NOT_ADDED
from vereda.terms.entry import Text
from vereda.terms.figure import Figure, Message, Step
from vereda.terms.finding import CheckAnswer, EffectAnswer, Finding, OutcomeFinding, Point, Together
from vereda.terms.plan import Exposure, Outcome, Plan

#: Sentences of a verdict, made up here; the Spanish of the first two is put into the catalogue by a test.
FELL = "{outcome} fell by {change} ({interval}) in {place} more than where nothing was done: p = {p}, at a nominal 5 %."
NOTHING = "No effect on {outcome} can be told from chance: {effect} ({interval})."
UNKNOWN = "A sentence that nobody has translated, with {count} places."
SPANISH = {
    FELL: "{outcome} bajó {change} ({interval}) en {place} más que donde no se hizo nada: p = {p}, al 5 % nominal.",
    NOTHING: "Ningún efecto en {outcome} se distingue del azar: {effect} ({interval}).",
}
PRIORITY = ("CO-52835", "CO-05120", "CO-54720")
YEARS = range(2010, 2024)


def T(en, es):
    return Text(en=en, es=es)


def plan(id: str, title: Text, outcomes: tuple[str, ...], estimators=("scm", "sdid"), **more) -> Plan:
    return Plan(
        id=id, title=title, years="2010-2023", estimators=estimators,
        question=T("Did coca change in Tumaco after it was chosen in 2021?", "¿Cambió la coca en Tumaco después de su elección en 2021?"),
        intervention=T("Being named in 2021. What was then done is not published.", "Ser nombrado en 2021. Qué se hizo no está publicado."),
        outcomes=tuple(Outcome(series=name) for name in outcomes), exposure=more.pop("exposure", Exposure(since="2021", scope="priority")), **more,
    )  # fmt: skip


def effect(
    desk,
    plan,
    outcome,
    estimator="scm",
    varied="",
    value=-812.4,
    half=1404.0,
    unit="ha",
    status="computed",
    **more,
) -> EffectAnswer:
    key = f"effect@{plan}:{outcome}~{estimator}" + (f"~{varied}" if varied else "")
    desk.steps[key] = Step(
        "effect",
        f"{outcome} · {estimator}",
        "mean gap after exposure",
        key,
        value,
        unit,
        "made up",
        (desk.vintage,),
    )
    low, high = (None, None) if half is None or value is None else (value - half, value + half)
    told = {
        "se": half and half / 1.96,
        "p": 0.214,
        "p_kind": "permutation",
        "size": 0.061,
        "p_joint": 0.48,
        "why_no_se": "",
        "gap": 3e-10,
        "size_draws": 200,
    } | more
    return EffectAnswer(
        id=key, estimator=estimator, varied=varied, effect=Figure(value, unit, key, low, high, status=status),
        specification={"buffer": 1, "years": "2010-2023", "starts": [2012, 2014], "covariates": None}, data="ab" * 32, seed=7, seconds=0.01, **told,
    )  # fmt: skip


def rich(desk, plan, outcome, codes, grade, unit="ha", size=1.0, value=-812.4) -> OutcomeFinding:
    """An outcome with everything that can be told."""
    half = 0.4 * abs(value) if grade == "credible" else 1.7 * abs(value)
    lead = effect(desk, plan, outcome, value=value, half=half, unit=unit, p=0.0004 if grade == "credible" else 0.21, se=None,
                  why_no_se="Too few exposed places for a standard error.")  # fmt: skip
    others = [
        effect(desk, plan, outcome, e, v, value * (1 + 0.5 * sin(3 * i + len(outcome))), half * (1 + 0.2 * cos(i)), unit)
        for i, (e, v) in enumerate([("sdid", ""), ("ascm", ""), ("scm", "buffer=2"), ("scm", "buffer=0"), ("scm", "start=2012"),
                                    ("scm", "start=2014"), ("sdid", "buffer=0"), ("sdid", "start=2014")])
    ]  # fmt: skip
    logs = [
        effect(desk, plan, outcome, e, "transform=asinh", -0.213 + 0.1 * i, 0.32, "asinh ha")
        for i, e in enumerate(("scm", "sdid"))
    ]
    high = abs(value) * 9
    path = [high * (1 + 0.25 * sin(k)) for k in range(len(YEARS))]
    expected = tuple(Point(y, v * 1.01, v * 0.9, v * 1.12) for y, v in zip(YEARS, path, strict=True))
    observed = tuple(Point(y, v + (value if y >= 2021 else 0)) for y, v in zip(YEARS, path, strict=True))
    event = tuple(
        Point(k, (0.1 * value * sin(k) if k < 0 else value * (0.6 + 0.3 * k)), *( (None, None) if k == -1 else (-half + value * (k >= 0), half + value * (k >= 0))), label=str(2021 + k))
        for k in range(-11, 3)
    )  # fmt: skip
    placebos = {code: size * (3.1 * sin(7.7 * i) * abs(cos(i / 3)) ** 3) for i, code in enumerate(codes)}
    placebos |= {code: size * (-3.4 + 1.1 * i) for i, code in enumerate(PRIORITY)}
    weights = dict(
        zip(
            [c for c in codes if c not in PRIORITY][::23],
            (0.31, 0.22, 0.17, 0.11, 0.08, 0.05, 0.04, 0.02),
            strict=False,
        )
    )
    parts = tuple(
        figure(desk, plan, outcome, name, v, unit)
        for name, v in (("direct", value), ("displaced", -0.3 * value), ("net", value * 1.9))
    )
    values = {
        "outcome": f"series:{outcome}",
        "change": lead.effect,
        "effect": lead.effect,
        "interval": lead.effect,
        "place": "CO-52835",
        "p": 0.0004,
    }
    return OutcomeFinding(
        outcome, unit, "level", "down", grade,
        (Message(UNKNOWN, {"count": 3}), Message("{estimator} fits badly: {share} of the level.", {"estimator": "scm", "share": 0.274})),
        Message(FELL if grade == "credible" else NOTHING, values), (lead, *others, *logs), event, observed, expected, placebos, weights, parts,
        (CheckAnswer("fit", "passed", Message("the gap before exposure is {share} of the level", {"share": 0.031}), 0.031),
         CheckAnswer("calibrated_size", "failed", Message("rejects {size} of true nulls at 5 %", {"size": 0.13}), 0.13),
         CheckAnswer("multiplicity", "informational", Message("{p} alone, {joint} with all outcomes counted", {"p": 0.21, "joint": 0.48}))),
        Together(-2.3 * size, 68, 10_001, tuple(size * (k - 50) / 25 for k in range(101))),
        Message(NOT_ADDED) if outcome == "homicide_rate" else None,
    )  # fmt: skip


def figure(desk, plan, outcome, part, value, unit) -> Figure:
    key = f"displaced@{plan}:{outcome}~{part}"
    desk.steps[key] = Step(
        "effect", f"{outcome} · {part}", "rings of neighbours", key, value, unit, "", (desk.vintage,)
    )
    return Figure(value, unit, key, value - abs(value) * 0.6, value + abs(value) * 0.6)


def findings(desk, gazetteer) -> tuple[Finding, ...]:
    codes = [code for code, place in gazetteer.places.items() if place.level == "municipality"]
    first = plan("priority-2021", T("The places chosen in 2021", "Los municipios escogidos en 2021"), ("coca_area", "homicide_rate"),
                 caveats=(T("They were chosen at a peak.", "Se escogieron en un máximo."),), cites=("HLD7",), estimators=("scm", "sdid", "ascm"))  # fmt: skip
    bare = plan(
        "status-2017",
        T("A status", "Una condición"),
        ("coca_area", "legal_crop_area"),
        estimators=("did", "twfe"),
        strata="department",
    )
    empty = plan("spraying-2015", T("The end of spraying", "El fin de la aspersión"), ("forest_loss",), estimators=("dose",),
                 exposure=Exposure(since="2015", series="aerial_spraying_area", during="1994-2014"), datasets=("ideam-forest", "nobody-knows"))  # fmt: skip
    rate = "deaths/100 000 people/year"
    many = tuple(codes[::4])
    plain = effect(desk, "status-2017", "coca_area", "did", value=0.12, half=None, unit="asinh ha", p=None, size=None, p_joint=None, se=None, gap=None,
                   why_no_se="One place alone.")  # fmt: skip
    none = effect(
        desk,
        "status-2017",
        "legal_crop_area",
        "did",
        value=None,
        half=None,
        unit="ha",
        status="not_measured",
        p=None,
        size=None,
        p_joint=None,
    )
    return (
        Finding(first, "fragile", (), (rich(desk, first.id, "coca_area", codes, "credible"),
                                       rich(desk, first.id, "homicide_rate", codes, "fragile", rate, 0.1, 11.3)),
                PRIORITY, tuple(codes[5:30:3]), 897, 2021, 2.4),
        Finding(bare, "not_identified", (), (
            OutcomeFinding("coca_area", "asinh ha", "asinh", "down", "not_identified", (), Message("Nothing can be said of {outcome}.", {"outcome": "coca_area"}), (plain,)),
            OutcomeFinding("legal_crop_area", "ha", "level", "", "not_identified", (), Message("Nothing can be said of {outcome}.", {"outcome": "legal_crop_area"}), (none,)),
        ), many, (), 40, 2017),
        Finding(empty, "waiting_for_data", ("ideam-forest", "nobody-knows")),
    )  # fmt: skip

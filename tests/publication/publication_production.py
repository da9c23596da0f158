"""Production of the fixture: two estimators, one that can be computed and one that cannot, with real figures of 2021 and 2023."""

from vereda.terms.assessed import Assessed, WhatIf, YearAnswer
from vereda.terms.cooperation import Text
from vereda.terms.figure import Figure, Message, Step
from vereda.terms.potential import (
    Asked,
    AvailableAnswer,
    Companions,
    Explained,
    FormAnswer,
    FrozenAnswer,
    MissingAnswer,
    NetAnswer,
    Part,
    PledgeAnswer,
    PledgeRow,
    Potential,
    RatioAnswer,
    ReadingAnswer,
    RevisionAnswer,
    ShareAnswer,
    StageAnswer,
    Survey,
    Used,
)

NONE = Figure(None, "t", "", status="not_computed")
POTENTIAL = "Potential, not actual: the cocaine there would be if every leaf of the year's coca were harvested and processed. It is not what was made, nor what was sold, nor what can be seized."
OUTSIDE = "The published figure, {published}, lies outside what the factors in use give on this area, {expected}. It rests on other factors than these: not the area alone changed."
AGAIN = "{part} ({share}) is a change of a factor that was not measured in the field in both years and all regions. That is re-measurement, not growth: when the field changed is not known."
AREAS = {"2021": 173521.6, "2023": 241300.85}
RATES = {"2017": 6.3, "2020": 7.9}
LOW, RATIO, HIGH = 1.0, 1.0285, 1.057


class Made:
    """Figures of the fixture by short names, each with a step behind it."""

    def __init__(self, desk) -> None:
        self.desk = desk

    def seen(
        self,
        series,
        period,
        value,
        unit,
        who="unodc-simci",
        vintage="2024-10",
        status="measured",
        source="HLD7",
    ) -> Figure:
        return self.desk.figure(series, "CO", period, value, unit, who, vintage, source, status=status)

    def computed(self, what, value, unit, low=None, high=None, when="2023", who="unodc", inputs=()) -> Figure:
        figure = self.desk.figure(
            "production", "CO", when, value, unit, who, what, inputs=[self.desk.leaf(f.trace) for f in inputs],
            low=low, high=high, status="computed",
        )  # fmt: skip
        return figure

    def factor(self, name, value, unit, low, high, year, status="stated") -> Figure:
        key = f"parameter@{name}"
        self.desk.steps[key] = Step(
            "parameter", name, "production.yml:78", key, value, unit, inputs=(self.desk.vintage,)
        )
        return Figure(value, unit, key, low, high, status, "CO", year, "", "2020-07", "HLD7")


def production(desk) -> tuple[Assessed, ...]:
    """Both estimators."""
    return _unodc(Made(desk)), _us(Made(desk))


def _unodc(made: Made) -> Assessed:
    published = made.seen("potential_cocaine_hcl", "2023", 2664.0, "t", source="INDIAB_2024")
    before = made.seen("potential_cocaine_hcl", "2021", 1400.0, "t", vintage="2022-10", source="BLOOM_2022")
    first = made.seen("potential_cocaine_hcl", "2017", 1379.0, "t", vintage="2018-09", source="VALORA_2018")
    second = made.seen(
        "potential_cocaine_hcl", "2017", 1058.0, "t", vintage="2019-08", source="ADDICTION_2019"
    )
    ratio = made.factor("ratio", RATIO, "1", LOW, HIGH, "2017")
    rate = made.factor("rate", RATES["2020"], "kg/ha/yr", 7.85, 7.95, "2020", "measured")
    printed = made.computed("hydrochloride.printed", 1960.57, "t", 1910.39, 2011.01, inputs=(ratio, rate))
    wide = made.computed("hydrochloride.leaf", 1960.05, "t", 1608.0, 2314.71, inputs=(ratio, rate))
    frozen = FrozenAnswer(
        made.computed("frozen.factor", 7.9, "kg/ha/yr", 7.85, 7.95), made.computed("frozen.as_printed", 1960.61, "t", 1906.28, 2014.93),
        made.computed("frozen.expected", 1960.61, "t", 1894.21, 2027.69), published, "outside",
        made.computed("frozen.beyond", 636.31, "t"), made.computed("frozen.beyond_as_printed", 649.07, "t"),
    )  # fmt: skip
    readings = (
        ReadingAnswer("printed", None, printed, "outside", (_share(made, "ratio", "printed", 95.04, 77.77), _share(made, "rate", "printed", 4.96, 2.67))),
        ReadingAnswer("leaf", Text(en="As if the yields were as uncertain as the leaf of 2015.", es="Como si los rendimientos fueran tan inciertos como la hoja de 2015."),
                      wide, "outside", (_share(made, "rate", "leaf", 97.73, 86.16),)),
    )  # fmt: skip
    stages = (
        StageAnswer("mean_area", "coca on average over the year", "(A[t-1] + A[t]) / 2", made.computed("stage.mean_area", AREAS["2023"], "ha"), ()),
        StageAnswer("base", "cocaine base", "B", Figure(None, "kg", "production@CO:2023~unodc~stage.base", status="not_computed"), ("base_from_leaf",)),
        StageAnswer("hydrochloride", "cocaine hydrochloride, pure", "H", made.computed("stage.hydrochloride", 1960.57, "t", 1910.39, 2011.01), ()),
    )  # fmt: skip
    lead = Potential(
        Asked("CO", 2023, "unodc", "2026-11-22", 65536, 1, ()), Text(en="UNODC and the country (SIMCI)", es="UNODC y el país (SIMCI)"),
        Text(en="A census.", es="Un censo."), (Text(en="No error of the area is printed.", es="No se imprime el error del área."),), True, "hectare",
        False, (Message(POTENTIAL), Message(OUTSIDE, {"published": published, "expected": frozen.expected})), (published,), readings, frozen, stages,
        (_used("productive_ratio", "productive area over mean area of the two Decembers", ratio, 6, None),
         _used("hcl_per_ha", "pure hydrochloride of a productive hectare", rate, 3, Message("carried forward {years} years", {"years": 3}))),
        (FormAnswer("leaf", False, made.computed("form.leaf", 1649.41, "t", 1605.78, 1693.38), (), ()),),
        (MissingAnswer("base_from_leaf", "cocaine base, or its equivalent, from leaf sold as leaf", "kg/t", ("CO",), (2023,), Text(en="annex 3", es="anexo 3"), ("HLD7",), "production.yml:349"),
         MissingAnswer("added_area", "eradicated area, weighted by the part of the year it produced", "ha", ("CO", "CO-52"), (2023,), None, (), "")),
        (Survey(2022, Text(en="no region", es="ninguna región"), False, "production.yml:336", ("HLD7",)), Survey(2023, Text(en="one region", es="una región"), True, "", ("HLD7",))),
        made.computed("apparent_yield", 11.04, "kg/ha/yr"), None, (), (RevisionAnswer(2017, (first, second), made.computed("revision.2017", -23.28, "%")),),
        _companions(made, published, printed), (), None,
    )  # fmt: skip
    years = (
        YearAnswer(2017, (first, second), (), NONE, "not_computed", NONE, (), ()),
        YearAnswer(2021, (before,), (made.computed("hydrochloride.printed", 1410.0, "t", 1374.0, 1446.0, "2021"),), made.computed("frozen.expected", 1410.0, "t", 1362.1, 1458.0, "2021"), "inside", NONE, (), ()),
        YearAnswer(2023, (published,), (printed, wide), frozen.expected, "outside", lead.companions.seized, lead.companions.over[:1], lead.companions.available[:1]),
    )  # fmt: skip
    gross = made.seen("manual_eradication", "2021", 103100.0, "ha", "government-co", "2021-12", "preliminary")
    rate_again = made.factor("replanting", 0.375, "ratio", 0.35, 0.4, "2020")
    net = NetAnswer(
        rate_again,
        Text(en="By the police.", es="Según la policía."),
        made.computed("net.0", 64437.5, "ha", 61860.0, 67015.0, "2021"),
    )
    areas = tuple(
        made.seen("coca_area", year, area, "ha", vintage="2026-02")
        for year, area in (("2022", 230028.8), ("2023", 252572.9))
    )
    return Assessed(
        "unodc",
        "CO",
        lead,
        areas,
        years,
        (_change(made, before, published, frozen),),
        (gross,),
        (net,),
        _grid(made, lead),
        areas,
    )


def _used(quantity, meaning, figure, carried, warning) -> Used:
    return Used(
        quantity,
        meaning,
        figure,
        "uniform",
        "published",
        None,
        carried,
        "production.yml:78",
        ("HLD7",),
        None,
        warning,
    )


def _share(made, name, reading, first, narrowing) -> ShareAnswer:
    told = [
        made.computed(f"{kind}.{reading}.{name}", value, "%")
        for kind, value in (("first", first), ("total", first), ("narrowing", narrowing))
    ]
    return ShareAnswer(name, name, f"the {name}", "CO", *told)


def _change(made, before, after, frozen) -> Explained:
    def part(name, was, now, times, tonnes, share, reading, unit) -> Part:
        when = "2021-2023"
        values = (("before", was, unit), ("after", now, unit), ("ratio", times, "ratio"), ("shapley", tonnes, "t"), ("shapley_share", share, "%"),
                  ("logarithmic", tonnes, "t"), ("logarithmic_share", share, "%"))  # fmt: skip
        return Part(
            name, name, *(made.computed(f"{name}.{what}", v, u, when=when) for what, v, u in values), reading
        )

    parts = (
        part("area", AREAS["2021"], AREAS["2023"], 1.3906, 647.57, 51.23, "area", "ha"),
        part("yield", 8.068, 11.04, 1.3684, 616.43, 48.77, "re-measurement", "kg/ha/yr"),
    )
    change = made.computed("change", 1264.0, "t", when="2021-2023")
    says = (
        Message(POTENTIAL), Message("From {before} to {after}: {change}.", {"before": before, "after": after, "change": change}),
        Message(AGAIN, {"part": parts[1].shapley, "share": parts[1].shapley_share}),
    )  # fmt: skip
    return Explained(
        "unodc", Text(en="UNODC", es="UNODC"), "CO", "2026-11-22", before, after, change, made.computed("ratio", 1.903, "ratio", when="2021-2023"), parts, says,
        (), frozen, (),
    )  # fmt: skip


def _companions(made, *potentials) -> Companions:
    seized = made.seen("cocaine_seized", "2023", 746.3, "t", "mindefensa-co", "2025-01")
    purity = made.factor("purity", 0.8, "ratio", 0.7, 0.9, "2020", "assumed")
    over = [RatioAnswer(h, made.computed(f"seized_over.{i}.as_seized", 74630 / h.value, "%"),
                        made.computed(f"seized_over.{i}", 59704 / h.value, "%", 52241 / h.value, 67167 / h.value), False)
            for i, h in enumerate(potentials)]  # fmt: skip
    left = [AvailableAnswer(h, made.computed(f"available.{i}", h.value - 597.04, "t", h.value - 671.67, h.value - 522.41),
                            "reaches_below_zero" if i else "positive") for i, h in enumerate(potentials)]  # fmt: skip
    base = made.seen(
        "coca_base_paste_seized", "2023", 98.233, "t", "mindefensa-co", "2024-12-30", "preliminary"
    )
    base_over = [
        RatioAnswer(h, made.computed(f"base_over.{i}.as_seized", 9823 / h.value, "%"), NONE, False)
        for i, h in enumerate(potentials)
    ]
    target = made.computed("pledge.C02.0.target", 529.0, "t")
    first = made.seen(
        "potential_cocaine_hcl", "2017", 1058.0, "t", vintage="2019-08", source="ADDICTION_2019"
    )
    rows = (
        PledgeRow(
            first,
            target,
            potentials[0],
            made.computed("pledge.C02.0.change", 151.8, "%"),
            made.computed("pledge.C02.0.missed_by", 2135.0, "t"),
            False,
        ),
    )
    pledge = PledgeAnswer(
        "half-area",
        "C02",
        Text(en="Halve it", es="Reducirlo a la mitad"),
        "2023",
        "missed_on_every_reading",
        rows,
    )
    return Companions(
        seized, purity, tuple(over), base, tuple(base_over), tuple(left), made.factor("chemical", 0.1, "kg/kg", None, None, "2000"), None,
        tuple(made.computed(f"need.{i}", h.value / 10, "t") for i, h in enumerate(potentials)), (), (), (pledge,),
        {"seized_over": "S (1 - d) p / H: seized, less what two services count, at purity p, over potential"},
        (Message("No losses are subtracted: none are published."),),
    )  # fmt: skip


def _grid(made, lead) -> WhatIf:
    """Areas times factors, by the formula."""
    ratio, seized, purity = lead.inputs[0].figure, lead.companions.seized, lead.companions.purity
    rows = [made.computed(f"what_if.area.{y}", a, "ha") for y, a in AREAS.items()]
    rows = [
        Figure(f.value, f.unit, f.trace, period=y, status="computed")
        for f, y in zip(rows, AREAS, strict=True)
    ]
    columns = [made.factor("rate-2017", RATES["2017"], "kg/ha/yr", 6.25, 6.35, "2017", "measured"), lead.inputs[1].figure,
               made.computed("what_if.implied", 1e3 * 2664 / (AREAS["2023"] * RATIO), "kg/ha/yr")]  # fmt: skip
    cells = tuple(
        tuple(
            made.computed(f"what_if.{a.period}.{i}", a.value * RATIO * f.value / 1e3, "t", *_ends(a, f))
            for i, f in enumerate(columns)
        )
        for a in rows
    )
    return WhatIf(2023, tuple(rows), tuple(columns), ratio, cells, lead.published[0], seized, purity)


def _ends(area, rate) -> tuple[float | None, float | None]:
    return (
        (None, None)
        if rate.low is None
        else (area.value * LOW * rate.low / 1e3, area.value * HIGH * rate.high / 1e3)
    )


def _us(made: Made) -> Assessed:
    published = made.seen("potential_cocaine_hcl", "2021", 972.0, "t", "us-ondcp-dea", "2022-07")
    earlier = made.seen("potential_cocaine_hcl", "2020", 1010.0, "t", "us-ondcp-dea", "2021-07")
    none = Figure(None, "", "", status="not_held")
    nothing = Companions(none, none, (), none, (), (), none, None, (), (), (), (), {}, ())
    lead = Potential(
        Asked("CO", 2021, "us", "2026-11-22", 65536, 1, ()), Text(en="United States", es="Estados Unidos"), Text(en="A sample.", es="Una muestra."), (), False, "",
        False, (Message(POTENTIAL), Message("It cannot be computed for {year}: parameters are missing, and none has a default.", {"year": "2021"})), (published,), (), None,
        (), (), (), (MissingAnswer("dry_leaf_yield", "dry leaf of a hectare", "t/ha/yr", ("CO",), (2021,), None, (), ""),), (), NONE, None, (), (), nothing, (), None,
    )  # fmt: skip
    years = tuple(
        YearAnswer(int(f.period), (f,), (), NONE, "not_computed", NONE, (), ()) for f in (earlier, published)
    )
    area = made.seen("coca_area", "2021", 234000.0, "ha", "us-ondcp", "2022-07", source="ONDCP_2022")
    return Assessed("us", "CO", lead, (area,), years, (), (), (), None, (area,))

"""Closed lists of words of an evaluation: grades, estimators, checks, what was varied. English is the msgid."""

from vereda.publication.words import N_

GRADES = {
    "credible": N_("credible"),
    "fragile": N_("fragile"),
    "not_identified": N_("not identified"),
    "waiting_for_data": N_("waiting for data"),
}

#: What a reader learns under each grade.
RULES = {
    "credible": N_("The comparison holds and no check failed. That is so too when no effect can be told from chance."),
    "fragile": N_("The number depends on choices that could well have been made otherwise."),
    "not_identified": N_("The places compared are not alike enough: the difference may come from something else."),
    "waiting_for_data": N_("The question is written down; the data to answer it are not held here."),
}  # fmt: skip

ESTIMATORS = {
    "did": N_("difference-in-differences (Callaway-Sant’Anna)"),
    "imputation": N_("imputation (Borusyak, Jaravel and Spiess)"),
    "twfe": N_("two-way fixed effects"),
    "scm": N_("synthetic control"),
    "ascm": N_("augmented synthetic control"),
    "sdid": N_("synthetic difference-in-differences"),
    "mc": N_("matrix completion"),
    "ife": N_("interactive fixed effects"),
    "dose": N_("slope over doses"),
}

#: The same, short enough for the margin of a chart.
SHORT = {
    "did": N_("diff-in-diff"),
    "imputation": N_("imputation"),
    "twfe": N_("two-way effects"),
    "scm": N_("synthetic control"),
    "ascm": N_("augmented s. c."),
    "sdid": N_("synthetic d.-in-d."),
    "mc": N_("matrix completion"),
    "ife": N_("interactive effects"),
    "dose": N_("slope"),
}

TRANSFORMS = {
    "level": N_("as it stands"),
    "asinh": N_("inverse hyperbolic sine"),
    "per_1000": N_("per thousand residents"),
}

#: What differs from the main specification: key of `varied` -> words before its value.
VARIED = {
    "buffer": N_("neighbours left out within steps:"),
    "start": N_("years from"),
    "transform": N_("measured:"),
    "estimator": N_("estimator:"),
    "covariates": N_("covariates:"),
    "control": N_("compared with:"),
    "strata": N_("placebos drawn within:"),
    "among": N_("among:"),
    "degree": N_("degree of the curve:"),
}

#: The same, for the margin of a chart.
SHORT_VARIED = {
    "buffer": N_("buffer"),
    "start": N_("from"),
    "transform": "",
    "estimator": "",
    "covariates": N_("covariates"),
    "control": N_("control"),
    "strata": N_("strata"),
    "among": N_("among"),
    "degree": N_("degree"),
}

VALUES = {
    "asinh": N_("inv. hyp. sine"),
    "level": N_("level"),
    "per_1000": N_("per thousand"),
    "none": N_("none"),
    "never": N_("never exposed"),
    "not-yet": N_("not yet exposed"),
    "not_yet": N_("not yet exposed"),
    "department": N_("department"),
}

TESTS = {
    "pre_trend": N_("No effect before exposure"),
    "pre_trend_power": N_("A trend that this test would miss"),
    "breakdown": N_("How far trends may part before zero is inside"),
    "placebo_rank": N_("Rank among the placebos"),
    "calibrated_size": N_("How often the test errs without an effect"),
    "fit": N_("Fit before exposure"),
    "donors": N_("Donors behind the comparison"),
    "leave_one_out": N_("Without any one donor"),
    "specification_spread": N_("Other specifications agree"),
    "multiplicity": N_("All outcomes of the plan counted"),
    "overlap": N_("Comparable places exist"),
    "selection": N_("Alike before exposure"),
    "neighbours": N_("Effects on neighbours"),
    "gaps": N_("Gaps in the data"),
    "controls": N_("Places to compare with"),
    "years": N_("Years before exposure"),
    "unique_weights": N_("All weights that fit as well"),
    "moran": N_("Neighbours move together"),
    "conformal": N_("What the years alone would allow"),
}

P_KINDS = {
    "asymptotic": N_("from the standard error"),
    "permutation": N_("from the placebos"),
    "multiplier bootstrap": N_("from the multiplier bootstrap"),
    "bootstrap": N_("from the bootstrap"),
    "jackknife": N_("from the jackknife"),
    "conformal": N_("conformal"),
}

#: Direct, displaced and net effect, in this order.
PARTS = {
    "direct": N_("On an exposed place"),
    "displaced": N_("On a neighbour"),
    "net": N_("Exposed and neighbours together"),
    "net per exposed place": N_("For each exposed place, with its neighbours"),
    "net over people": N_("Together, over their residents"),
}

STRATA = {"none": N_("all places"), "department": N_("the same departments")}

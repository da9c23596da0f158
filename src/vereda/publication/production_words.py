"""Closed lists of words of an answer about production. English is the msgid."""

from vereda.publication.words import N_

FORMS = {
    "routes": N_("the whole chain, with what growers sell"),
    "hectare": N_("cocaine of a hectare"),
    "leaf": N_("leaf of a hectare, cocaine of a tonne of leaf"),
    "re-expressed": N_("leaf of a hectare, cocaine as formerly stated, re-expressed as pure"),
    "alkaloid": N_("dry leaf, alkaloid, laboratory"),
}

READINGS = {"printed": N_("With the printed factors alone")}

IMPLIED = {
    "leaf": N_("by leaf over its yield"),
    "hydrochloride": N_("by cocaine over its yield"),
}

FLAGS = {
    "inside": N_("the published figure lies inside"),
    "outside": N_("the published figure lies outside"),
    "not_published": N_("there is no published figure"),
    "not_computed": N_("not computed"),
    "other_purity": N_("the published figure is stated at another purity"),
}

CALLED = {
    "area": N_("area"),
    "growth": N_("growth"),
    "re-measurement": N_("re-measurement, not growth"),
    "method": N_("step of method"),
    "same": N_("unchanged"),
}

BASES = {
    "published": N_("published"),
    "computed": N_("computed from published figures"),
    "assumed": N_("assumed"),
    "given": N_("given by hand"),
}

SIGNS = {
    "positive": "",
    "reaches_below_zero": N_("its lower end is below zero: the parts cannot all be right"),
    "negative": N_("below zero: more was seized than could have been made, so the parts cannot all be right"),
}

VERDICTS = {
    "met_on_every_reading": N_("met on every reading"),
    "missed_on_every_reading": N_("missed on every reading"),
    "depends_on_the_reading": N_("depends on the reading"),
    "not_measured": N_("no figure of the due year is held"),
}

STATUSES = {
    "not_computed": N_("not computed"),
    "assumed": N_("assumed"),
    "given": N_("given by hand"),
}

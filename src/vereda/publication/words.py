"""Closed lists of words the house prints: verdicts, units, statuses, kinds of step. English is the msgid."""


def N_(text: str) -> str:
    """Mark a text for the catalogue without translating it here."""
    return text


STATES = {
    "met": N_("met"),
    "missed": N_("missed"),
    "missed_on_every_baseline": N_("missed on every baseline"),
    "not_yet_due": N_("not yet due"),
    "not_measured": N_("not measured"),
    "not_published": N_("not published"),
    "cannot_be_judged": N_("cannot be judged"),
}

#: What a reader learns under each verdict: how it is reached.
RULES = {
    "met": N_("The value on the due day satisfies the target on every baseline that can be judged."),
    "missed": N_("The value on the due day falls short of the target."),
    "missed_on_every_baseline": N_(
        "The promise names no baseline. Under each candidate that has a value on the due day, it falls short."
    ),
    "not_yet_due": N_(
        "The due day lies after the day of this edition. The latest value is shown, not judged."
    ),
    "not_measured": N_("Nothing we hold measures what was promised."),
    "not_published": N_("The promise was to publish, and no publication was found."),
    "cannot_be_judged": N_("No target, no due day, or baselines that disagree about the verdict."),
}

TONES = {
    "met": "good",
    "missed": "bad",
    "missed_on_every_baseline": "bad",
    "not_yet_due": "wait",
    "passed": "good",
    "known gap": "unk",
    "failed": "bad",
    "published": "good",
    "derivable": "wait",
    "credible": "good",
    "fragile": "frail",
    "not_identified": "open",
    "waiting_for_data": "wait",
    "informational": "unk",
    "inside": "good",
    "outside": "frail",
}

METRICS = {
    "published": N_("published"),
    "derivable": N_("derivable from open data"),
    "not_found": N_("not found"),
    "not_seen": N_("wording not seen"),
}

CHECKS = {
    "passed": N_("passed"),
    "known gap": N_("known gap"),
    "failed": N_("failed"),
    "informational": N_("for information"),
}

#: Whether a published figure lies within what printed factors give on its area.
FLAGS = {
    "inside": N_("inside what printed factors give"),
    "outside": N_("outside what printed factors give"),
    "not_computed": N_("not computed"),
}

#: Rule -> what it looks for, as a head; its findings are information unless a description declares them failing.
SIGNS = {
    "bounds": N_("out of bounds"),
    "codes": N_("codes out of their years"),
    "names": N_("names and codes"),
    "jumps": N_("jumps"),
    "breaks": N_("breaks of level"),
    "truncation": N_("signs of a cut"),
    "revisions": N_("revised cells"),
    "areas": N_("areas of polygons"),
    "seats": N_("seats outside their polygons"),
}

SIGN_RULES = {
    "bounds": N_(
        "a figure below the least or above the most that the description of the source holds possible"
    ),
    "codes": N_("a figure other than zero at a place whose code was not valid in that year"),
    "names": N_(
        "a code that the description corrects because it does not go with the name beside it; in a list of places, "
        "two codes of one name in one department"
    ),
    "jumps": N_(
        "from one year to the next, both above zero, a figure rises tenfold or falls to a tenth, and the larger of "
        "the two is among the largest tenth of its series"
    ),
    "breaks": N_(
        "from one year to the next the sum over places, or the number of places with a figure, more than doubles or "
        "falls to less than half; ten places at least. Slower breaks are declared, not found"
    ),
    "truncation": N_(
        "a number of rows that is a multiple of a thousand, as portals cut; or a newest year with fewer than half the "
        "rows of the year before"
    ),
    "revisions": N_(
        "a cell of the newest vintage that the one before it does not have, or has otherwise, or has alone"
    ),
    "areas": N_(
        "a polygon whose area on the ellipsoid is further from the printed official area than the description allows; "
        "the printed one stands first"
    ),
    "seats": N_("a place whose seat, by the coordinates of the list of places, lies outside its own polygon"),
}

READING = {
    "covers": N_("Covers"),
    "obtained": N_("Obtained"),
    "file": N_("File"),
    "edition": N_("Name of the edition"),
    "numbers": N_("How numbers are written"),
    "zero": N_("Written for zero"),
    "corrected": N_("Codes corrected"),
    "by_name": N_("Places known by name"),
    "lost_zeros": N_("Lost zeros put back"),
    "apart": N_("Places of its own"),
    "left_out": N_("Rows left out"),
    "ignored": N_("Columns not read"),
    "incomplete": N_("Known to be incomplete"),
    "total": N_("Published totals it must add up to"),
}

STATUSES = {
    "measured": N_("measured"),
    "stated": N_("as stated in a text"),
    "rounded": N_("rounded by the publisher"),
    "preliminary": N_("preliminary"),
    "computed": N_("computed from published parts"),
    "leaked": N_("leaked, not published by its owner"),
    "incomplete": N_("known to be incomplete"),
    "not_collected": N_("not collected"),
    "not_published": N_("not published"),
    "not_measured": N_("not measured"),
    "not_held": N_("not held"),
    "not_estimated": N_("not estimated"),
    "few": N_("few people: a range in place of the number"),
}

#: Beside figures of which some are ranges (terms.few), and beside rates.
FEW = N_(
    "A range stands for 1 to 4 people of one place. Where the others would give them away by subtraction, the next larger "
    "place is a range too."
)
DIVIDED = N_("Divided by: {series}, {source}, edition {vintage} (census of {census}).")
DIVIDED_BY = N_("Divided by: {series}, {source}, edition {vintage} (it does not say of which census).")

#: Unit -> how it is written after a number.
UNITS = {
    "ha": N_("ha"),
    "t": N_("t"),
    "kg": N_("kg"),
    "%": N_("%"),
    "index": "",
    "ratio": "",
    "deaths": N_("deaths"),
    "cases": N_("cases"),
    "persons": N_("people"),
    "people": N_("people"),
    "families": N_("families"),
    "households": N_("households"),
    "activities": N_("activities"),
    "municipalities": N_("municipalities"),
    "facilities": N_("facilities"),
    "sites": N_("sites"),
    "labs": N_("laboratories"),
    "laboratories": N_("laboratories"),
    "helicopters": N_("helicopters"),
    "review": N_("review"),
    "event": N_("event"),
    "commitments": N_("commitments"),
    "metrics": N_("metrics"),
    "member": N_("member"),
    "release/yr": N_("a year"),
    "releases/year": N_("a year"),
    "release/year": N_("a year"),
    "ha/yr": N_("ha a year"),
    "ha/year": N_("ha a year"),
    "rate": N_("rate"),
    "count and value": N_("count and value"),
    "persons/km2": N_("people per km²"),
    "USD million": N_("million USD"),
    "million USD": N_("million USD"),
    "USD": N_("USD"),
    "COP": N_("COP"),
    "deaths/100 000 people/year": N_("deaths per 100,000 people a year"),
    "cases/100 000 people/year": N_("cases per 100,000 people a year"),
    "persons/100 000 people/year": N_("people per 100,000 people a year"),
    "kg/ha": N_("kg per ha"),
    "kg/ha/yr": N_("kg per ha a year"),
    "t/ha/yr": N_("t per ha a year"),
    "kg/t": N_("kg per t"),
    "kg/kg": N_("kg per kg"),
    "1": "",
    "t/ha": N_("t per ha"),
}

KINDS = {
    "verdict": N_("verdict"),
    "finding": N_("finding"),
    "effect": N_("estimated effect"),
    "indicator": N_("computed indicator"),
    "sum": N_("sum of places"),
    "observation": N_("published cell"),
    "panel": N_("panel of the estimate"),
    "series": N_("series used"),
    "year": N_("year"),
    "exposed": N_("places exposed"),
    "compared": N_("places compared with"),
    "left_out": N_("places left out"),
    "scope": N_("scope"),
    "neighbours": N_("neighbours"),
    "vintage": N_("vintage"),
    "file": N_("publisher’s file"),
    "made_from": N_("made from"),
    "publisher": N_("publisher"),
    "claim": N_("document"),
    "parameter": N_("factor"),
    "production": N_("computed for production"),
    "reading": N_("reading of the promise"),
    "target": N_("target"),
    "register": N_("entry of the register"),
}

STAGES = {
    "requested": N_("requested"),
    "appropriated": N_("appropriated"),
    "allocated": N_("allocated"),
    "obligated": N_("obligated"),
    "disbursed": N_("disbursed"),
    "spent": N_("spent"),
}

STRENGTHS = {
    "binds": N_("binds"),
    "commits": N_("commits"),
    "agrees": N_("agrees"),
    "intends": N_("intends"),
    "recommends": N_("recommends"),
}

LEVELS = {
    "national": N_("national"),
    "municipal": N_("municipal"),
    "country": N_("country"),
    "department": N_("department"),
    "municipality": N_("municipality"),
    "district": N_("district"),
    "canton": N_("canton"),
    "province": N_("province"),
    "zone": N_("zone"),
    "region": N_("region"),
}

#: Several places of a level.
MANY = {
    "department": N_("departments"),
    "municipality": N_("municipalities"),
    "district": N_("districts"),
    "canton": N_("cantons"),
    "province": N_("provinces"),
    "zone": N_("zones"),
}

GRADES = {"high": N_("high"), "medium": N_("medium"), "low": N_("low")}

DIRECTIONS = {
    "down": N_("lower is better"),
    "up": N_("higher is better"),
    "": N_("neither direction is better"),
}

"""Laboratories: three counts by three publishers, none of them a continuation of another."""

from vereda.terms.indicator import Array, indicator


@indicator("drug_labs_destroyed", "Drug laboratories destroyed", "facilities", needs=("drug_labs_destroyed",))
def drug_labs_destroyed(sites: Array) -> Array:
    """Laboratories destroyed in the year, national totals as published, of every kind the publisher counts. More can mean more effort or more laboratories.

    sites (n,).
    """
    return sites


@indicator(
    "drug_infrastructure_destroyed",
    "Laboratories and other infrastructure destroyed, by municipality",
    "sites",
    needs=("drug_infrastructure_destroyed",),
)
def drug_infrastructure_destroyed(sites: Array) -> Array:
    """Laboratories, kitchens and other sites destroyed in the year, by municipality. Kinds of site are not told apart in what is read, so it is no count of laboratories alone.

    sites (n,).
    """
    return sites


@indicator(
    "laboratories_dismantled",
    "Laboratories dismantled, 1993-2008",
    "facilities",
    needs=("laboratories_dismantled",),
)
def laboratories_dismantled(sites: Array) -> Array:
    """Laboratories dismantled by the police in the year, by municipality. After 2008 they were no longer reported to the panel it is read from: not that none was found.

    sites (n,).
    """
    return sites

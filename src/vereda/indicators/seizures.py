"""Seizures: cocaine apart from base, what was seized in the country apart from abroad. Purity is not published."""

from vereda.terms.indicator import Array, indicator


@indicator("cocaine_seized", "Cocaine seized", "t", needs=("cocaine_seized",))
def cocaine_seized(tonnes: Array) -> Array:
    """Tonnes of cocaine hydrochloride seized in the year as national totals are published: what was seized abroad with the country's cooperation is in them. More can mean more effort or more cocaine, so no direction is good by itself.

    tonnes (n,) t as seized, of unknown purity.
    """
    return tonnes


@indicator(
    "cocaine_seized_by_place",
    "Cocaine seized in the country, by place",
    "t",
    needs=("cocaine_seized_by_place",),
)
def cocaine_seized_by_place(tonnes: Array) -> Array:
    """Tonnes of cocaine hydrochloride by the municipality of the seizure; a country is the sum of its municipalities. What was seized abroad or at sea is a place of its own and in no sum: it was two thirds of the published total of 2025.

    tonnes (n,) t as seized, of unknown purity.
    """
    return tonnes


@indicator(
    "coca_base_seized_by_place",
    "Coca base seized in the country, by place",
    "t",
    needs=("coca_base_seized_by_place",),
)
def coca_base_seized_by_place(tonnes: Array) -> Array:
    """Tonnes of coca base by the municipality of the seizure; a country is the sum of its municipalities. What was seized abroad is a place of its own and in no sum. Base is made into cocaine later: the two are never added.

    tonnes (n,) t as seized, of unknown purity.
    """
    return tonnes


@indicator("coca_base_paste_seized", "Coca base and paste seized", "t", needs=("coca_base_paste_seized",))
def coca_base_paste_seized(tonnes: Array) -> Array:
    """Tonnes of coca base and paste seized in the year, national totals as published. Base is made into cocaine later: the two are never added.

    tonnes (n,) t as seized.
    """
    return tonnes

"""Forced displacement: people by the year of the event, and per 100 000 residents."""

import numpy as np

from vereda.terms.indicator import Array, indicator


@indicator(
    "displaced_persons", "People forcibly displaced", "persons", needs=("displaced_persons",), better="down"
)
def displaced_persons(people: Array) -> Array:
    """People forced to leave, by the year of the event and where it is held by the place they left. People register for years afterwards: the newest years rise with every edition.

    people (n,).
    """
    return people


@indicator(
    "forced_displacement_rate",
    "People displaced per 100,000 residents",
    "persons/100 000 people/year",
    needs=("displaced_persons", "population"),
    better="down",
    per="population",
)
def forced_displacement_rate(people: Array, population: Array) -> Array:
    """People forced to leave in the year per 100 000 residents. No population is no rate.

    people (n,), population (n,) residents at mid-year, of the census that the trace names.
    """
    return 1e5 * people / np.where(population > 0, population, np.nan)

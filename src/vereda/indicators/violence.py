"""Violence: homicide, extortion and kidnapping, as counts and as rates."""

import numpy as np

from vereda.terms.indicator import Array, indicator


@indicator("homicides", "Homicides", "deaths", needs=("homicides",), better="down")
def homicides(deaths: Array) -> Array:
    """Victims of intentional homicide recorded by the police in the year.

    deaths (n,). A place the register does not cover has no value, not zero.
    """
    return deaths


@indicator(
    "homicide_rate",
    "Homicide rate",
    "deaths/100 000 people/year",
    needs=("homicides", "population"),
    better="down",
    per="population",
)
def homicide_rate(deaths: Array, population: Array) -> Array:
    """Intentional homicides per 100 000 residents in the year. No deaths is a rate of zero; no population is no rate.

    Category 0101 of the International Classification of Crime for Statistical Purposes (UNODC, 2015).
    deaths (n,), population (n,) residents at mid-year.
    """
    return 1e5 * deaths / np.where(population > 0, population, np.nan)


@indicator("extortion", "Extortion", "cases", needs=("extortion",), better="down")
def extortion(cases: Array) -> Array:
    """Cases of extortion reported to the police in the year. The way of reporting changed in 2016 and 2017: the rise across those years is partly the new form.

    cases (n,).
    """
    return cases


@indicator(
    "extortion_rate",
    "Extortion rate",
    "cases/100 000 people/year",
    needs=("extortion", "population"),
    better="down",
    per="population",
)
def extortion_rate(cases: Array, population: Array) -> Array:
    """Reported extortion per 100 000 residents in the year. The way of reporting changed in 2016 and 2017.

    cases (n,), population (n,) residents at mid-year.
    """
    return 1e5 * cases / np.where(population > 0, population, np.nan)


@indicator("kidnapped", "People kidnapped", "persons", needs=("kidnapped",), better="down")
def kidnapped(people: Array) -> Array:
    """People kidnapped in the year, for a ransom or another demand or without one. Those without a known municipality are in the sums of department and country alone.

    people (n,).
    """
    return people


@indicator(
    "kidnapping_rate",
    "Kidnapping rate",
    "persons/100 000 people/year",
    needs=("kidnapped", "population"),
    better="down",
    per="population",
)
def kidnapping_rate(people: Array, population: Array) -> Array:
    """People kidnapped per 100 000 residents in the year. None kidnapped is a rate of zero; no population is no rate.

    people (n,), population (n,) residents at mid-year.
    """
    return 1e5 * people / np.where(population > 0, population, np.nan)

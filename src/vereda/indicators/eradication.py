"""Eradication: hectares cleared by hand and hectares sprayed. Activity, never area: the same field can count twice."""

from vereda.terms.indicator import Array, indicator


@indicator("manual_eradication", "Manual eradication of coca", "ha", needs=("manual_eradication",))
def manual_eradication(hectares: Array) -> Array:
    """Hectares of coca pulled up by hand in the year, forced and voluntary as the publisher says. A field replanted and cleared again counts again, so it is never taken off the area cultivated.

    hectares (n,) ha, national totals as printed.
    """
    return hectares


@indicator(
    "manual_eradication_area",
    "Manual eradication, by municipality",
    "ha",
    needs=("manual_eradication_area",),
)
def manual_eradication_area(hectares: Array) -> Array:
    """Hectares of coca pulled up by hand in the year, by municipality; a larger place is the sum of its municipalities. A volume of activity: no direction is good by itself.

    hectares (n,) ha.
    """
    return hectares


@indicator("aerial_spraying_area", "Aerial spraying, by municipality", "ha", needs=("aerial_spraying_area",))
def aerial_spraying_area(hectares: Array) -> Array:
    """Hectares sprayed from the air in the year, passes added up: a field sprayed three times counts three times. It ended in 2015; a year after that is no zero of effort but no programme.

    hectares (n,) ha.
    """
    return hectares

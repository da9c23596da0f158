"""Legal crops: hectares planted and tonnes harvested. What a household could live from instead, not that it does."""

from vereda.terms.indicator import Array, indicator


@indicator("legal_crop_area", "Permanent legal crops planted", "ha", needs=("legal_crop_area",))
def legal_crop_area(hectares: Array) -> Array:
    """Hectares planted with permanent legal crops. The survey changed its form and its office in 2019: a step there is the survey's before it is the field's.

    hectares (n,) ha; short-cycle crops are left out, because their half-years would count land twice.
    """
    return hectares


@indicator("cacao_area", "Cacao planted", "ha", needs=("cacao_area",))
def cacao_area(hectares: Array) -> Array:
    """Hectares planted with cacao, a part of the permanent legal crops and never added to them.

    hectares (n,) ha.
    """
    return hectares


@indicator("coffee_area", "Coffee planted", "ha", needs=("coffee_area",))
def coffee_area(hectares: Array) -> Array:
    """Hectares planted with coffee, a part of the permanent legal crops and never added to them.

    hectares (n,) ha.
    """
    return hectares


@indicator("cacao_production", "Cacao harvested", "t", needs=("cacao_production",))
def cacao_production(tonnes: Array) -> Array:
    """Tonnes of cacao harvested in the year, as the municipalities answered the survey. Crops are not added: tonnes of unlike things are no sum.

    tonnes (n,) t.
    """
    return tonnes


@indicator("coffee_production", "Coffee harvested", "t", needs=("coffee_production",))
def coffee_production(tonnes: Array) -> Array:
    """Tonnes of coffee harvested in the year, as the municipalities answered the survey. Crops are not added: tonnes of unlike things are no sum.

    tonnes (n,) t.
    """
    return tonnes

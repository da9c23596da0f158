"""Cocaine: potential production as published, by estimator. Potential is not actual output."""

from vereda.terms.indicator import Array, indicator


@indicator(
    "potential_cocaine_hcl",
    "Potential cocaine production",
    "t",
    needs=("potential_cocaine_hcl",),
    better="down",
)
def potential_cocaine_hcl(production: Array) -> Array:
    """Tonnes of cocaine hydrochloride the year's leaf could have made, as each estimator published it. Potential, not actual; purity bases differ between vintages.

    production (n,) t.
    """
    return production

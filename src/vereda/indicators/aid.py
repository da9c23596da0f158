"""Assistance of the United States by stage. Five stages of the same money: none is ever added to another."""

from vereda.terms.indicator import Array, indicator


@indicator(
    "us_assistance.appropriated",
    "US assistance appropriated and planned",
    "USD",
    needs=("us_assistance.appropriated",),
)
def appropriated(dollars: Array) -> Array:
    """Dollars of the year that were appropriated and planned for the fiscal year, October to September. A plan, not a payment.

    dollars (n,) current USD.
    """
    return dollars


@indicator("us_assistance.obligated", "US assistance obligated", "USD", needs=("us_assistance.obligated",))
def obligated(dollars: Array) -> Array:
    """Dollars of the year that were bound by contract or agreement in the fiscal year, October to September. Negative where an obligation was taken back.

    dollars (n,) current USD.
    """
    return dollars


@indicator("us_assistance.disbursed", "US assistance disbursed", "USD", needs=("us_assistance.disbursed",))
def disbursed(dollars: Array) -> Array:
    """Dollars of the year that were paid out in the fiscal year, October to September, on obligations of that year or of earlier ones.

    dollars (n,) current USD.
    """
    return dollars


@indicator(
    "us_assistance.obligated.constant-2020",
    "US assistance obligated, dollars of 2020",
    "USD of 2020",
    needs=("us_assistance.obligated.constant-2020",),
)
def obligated_in_dollars_of_2020(dollars: Array) -> Array:
    """Dollars obligated in the fiscal year, in dollars of 2020 by the deflator that USAID applies: one factor a fiscal year, 0.685 for 2000 and 0.878 for 2012. Its workbook prints both columns and does not name the price index.

    dollars (n,) constant USD, base 2020, as printed.
    """
    return dollars


@indicator(
    "us_assistance.disbursed.constant",
    "US assistance disbursed, dollars of 2021",
    "USD constant",
    needs=("us_assistance.disbursed.constant",),
)
def disbursed_in_dollars_of_2021(dollars: Array) -> Array:
    """Dollars paid out in the fiscal year, in constant dollars as the publisher prints them. It names neither price index nor base: its factor is the same for obligations and 1 in fiscal year 2021, so they are dollars of 2021; 0.970 for 2020 and 1.062 for 2023.

    dollars (n,) constant USD, as printed.
    """
    return dollars

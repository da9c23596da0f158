"""A number with its ends, and the arithmetic of ends: exact where a formula rises or falls in each of its parts."""

from dataclasses import dataclass

from vereda.errors import BadDesign


@dataclass(frozen=True, slots=True)
class Ranged:
    """A value and the interval around it, in a unit that the user of it states. No probability is meant by the ends."""

    value: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.value <= self.high:
            raise BadDesign(
                f"An interval runs from low over value to high; this one is {self.low:g}, {self.value:g}, {self.high:g}. "
                "Reversed ends, a value outside them and missing numbers are refused."
            )

    def __add__(self, other: "Ranged") -> "Ranged":
        return Ranged(self.value + other.value, self.low + other.low, self.high + other.high)

    def __sub__(self, other: "Ranged") -> "Ranged":
        return Ranged(self.value - other.value, self.low - other.high, self.high - other.low)

    def __mul__(self, other: "Ranged") -> "Ranged":
        _positive(self, other)
        return Ranged(self.value * other.value, self.low * other.low, self.high * other.high)

    def __truediv__(self, other: "Ranged") -> "Ranged":
        _positive(self, other)
        if other.low == 0:
            raise BadDesign(
                "Division by an interval that reaches zero has no upper end. Give it a lower end above zero."
            )
        return Ranged(self.value / other.value, self.low / other.high, self.high / other.low)

    def overlaps(self, other: "Ranged") -> bool:
        """Whether the two have a point in common; touching ends count."""
        return self.low <= other.high and other.low <= self.high


def exactly(value: float) -> Ranged:
    """A value without an interval."""
    return Ranged(value, value, value)


def rounded(value: float, step: float) -> Ranged:
    """A printed value and all that would have been printed so: 5.6 to one decimal, step 0.1, is 5.55 to 5.65."""
    return Ranged(value, value - step / 2, value + step / 2)


def between(low: float, high: float) -> Ranged:
    """An interval with its middle as value."""
    return Ranged((low + high) / 2, low, high)


def rest(share: Ranged) -> Ranged:
    """One less a share."""
    if not 0 <= share.low <= share.high <= 1:
        raise BadDesign(f"A share lies between 0 and 1; this one runs from {share.low:g} to {share.high:g}.")
    return Ranged(1 - share.value, 1 - share.high, 1 - share.low)


def _positive(*parts: Ranged) -> None:
    if (least := min(p.low for p in parts)) < 0:
        raise BadDesign(
            f"A product or ratio of amounts needs ends that are not negative; {least:g} is below zero."
        )

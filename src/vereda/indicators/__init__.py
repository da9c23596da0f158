"""What was done and what changed: one pure function per indicator, registered with its unit, direction and definition."""

from vereda.indicators import (
    aid,
    coca,
    cocaine,
    crops,
    displacement,
    eradication,
    laboratories,
    seizures,
    violence,
)

__all__ = [
    "aid", "coca", "cocaine", "crops", "displacement", "eradication", "laboratories", "seizures", "violence",
]  # fmt: skip

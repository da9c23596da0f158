"""What changed: one pure function per indicator, registered with its unit, direction and definition."""

from vereda.indicators import coca, cocaine, violence

__all__ = ["coca", "cocaine", "violence"]

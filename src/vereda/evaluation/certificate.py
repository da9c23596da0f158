"""The proof that a fitted weight vector is the optimum it claims to be."""

from dataclasses import dataclass

from vereda.errors import NotCertified

TOLERANCE = 1e-8  # relative duality gap, and violation of the constraints


@dataclass(frozen=True, slots=True)
class Certificate:
    """Feasibility and duality gap of one solution.

    gap: objective minus a lower bound that holds for every feasible vector, over the scale of the problem.
    infeasibility: the largest violation of a constraint (weights below zero, sum away from one).
    unique: no other vector reaches the same objective; None where it was not examined.
    """

    solver: str
    gap: float
    infeasibility: float
    iterations: int
    unique: bool | None = None


def certified(certificate: Certificate, what: str, tolerance: float = TOLERANCE) -> Certificate:
    """The certificate, if it holds; NotCertified says how far the solver came."""
    if certificate.gap <= tolerance and certificate.infeasibility <= tolerance:
        return certificate
    raise NotCertified(
        f"{what}: {certificate.solver} stopped after {certificate.iterations} iterations with a relative duality "
        f"gap of {certificate.gap:.1e} and constraints broken by {certificate.infeasibility:.1e}; {tolerance:.0e} is "
        "needed. Nothing is reported. Rescale the outcome, or leave out donors that are copies of each other."
    )

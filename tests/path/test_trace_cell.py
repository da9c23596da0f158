"""A number read from a worksheet walks back to the cell itself."""

from vereda.pipeline.tracing import Tracer
from vereda.terms.figure import Step


def test_a_count_of_the_kidnapped_walks_back_to_a_cell(tracer: Tracer) -> None:
    step = tracer.whole("kidnapped@CO-52835:2005")
    assert step.locator.startswith("Sheet 1!G")
    assert step.locator.endswith(" (CANTIDAD)")
    assert "rows added: " in step.note


def test_a_rate_walks_back_to_both_its_numbers(tracer: Tracer) -> None:
    step = tracer.whole("kidnapping_rate@CO-52835:2005")
    series = {part.name.split(" · ")[0] for part in _all(step) if part.kind == "observation"}
    assert series == {"kidnapped", "population"}


def _all(step: Step) -> list[Step]:
    return [step, *(part for child in step.inputs for part in _all(child))]

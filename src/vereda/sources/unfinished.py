"""A description that was drafted from a file, and what a person still has to say in it."""

from collections.abc import Iterator, Sequence

import yaml

#: Stands in a draft where the file does not decide; no description that holds it is read.
FILL_IN = "FILL-IN"


def refusals(node: yaml.Node | None, where: str) -> list[str]:
    """A line for each place of a description that is left to fill in, and what to do; empty if there is none."""
    left = dict(_left(node, ()))  # an alias repeats the line of its anchor
    said = [f"{where}:{line}: {'.'.join(keys)!r} is left to fill in." for line, keys in sorted(left.items())]
    return (
        [
            *said,
            f"Nothing was read. Replace each {FILL_IN} with what you know; the comment above it says what was seen.",
        ]
        if said
        else []
    )


def _left(node: yaml.Node | None, keys: Sequence[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    if isinstance(node, yaml.ScalarNode) and FILL_IN in node.value:
        yield node.start_mark.line + 1, (*keys,)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _left(item, keys)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if FILL_IN in key.value:
                yield key.start_mark.line + 1, (*keys, key.value)
            else:
                yield from _left(value, (*keys, key.value))

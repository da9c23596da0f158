"""YAML as text with the line of every value: nothing is turned into a number, a date or a truth value."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from vereda.errors import Fault

Key = tuple[str | int, ...]
_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(slots=True)
class Marked:
    """The plain content of one file (text, lists, mappings) and where each part begins."""

    file: str
    value: Any = None
    lines: dict[Key, int] = field(default_factory=dict)

    def line(self, path: Key) -> int:
        """Line of the part, or of the nearest part around it that is written down."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def load(path: Path, faults: list[Fault]) -> Marked | None:
    """Read one file; None if it cannot be read at all. What is wrong is added to `faults`."""
    add = _reporter(path.name, faults)
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        add(line, "the file is not UTF-8 text from here on", "save it as UTF-8")
        return None
    try:
        root = yaml.compose(text, Loader=_Loader)
    except RecursionError:
        add(1, "the file is nested too deep to be a case file", "write it flat, as the other files are")
        return None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or "a character that YAML does not allow"
        advice = "mend the YAML here: spaces not tabs, closed quotes, quotes around a text with ': ' or '#'"
        add(mark.line + 1 if mark else 1, f"YAML cannot be read: {said}", advice)
        return None
    if root is None:
        add(1, "the file is empty", "write its entries, or remove the file")
        return None
    marked = Marked(path.name)
    marked.value = _plain(root, (), marked, add, set())
    return marked


def _reporter(file: str, faults: list[Fault]) -> Callable[[int, str, str], None]:
    return lambda line, problem, remedy: faults.append(Fault(file, line, problem, remedy))


def _plain(node: Any, path: Key, marked: Marked, add: Callable[[int, str, str], None], seen: set[int]) -> Any:
    line: int = node.start_mark.line + 1
    marked.lines.setdefault(path, line)
    if id(node) in seen:
        add(line, "an anchor is used again (*name)", "write the content out: a reviewer reads one place")
        return ""
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, n), marked, add, seen) for n, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, marked, add, seen)
    return node.value


def _mapping(
    node: Any, path: Key, marked: Marked, add: Callable[[int, str, str], None], seen: set[int]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, content in node.value:
        line: int = name.start_mark.line + 1
        if not isinstance(name, yaml.ScalarNode):
            add(line, "a key is not a plain word", "write `key: value`")
            continue
        key = name.value
        if key in found:
            first = marked.line((*path, key))
            add(line, f"key `{key}` stands twice in one entry (first in line {first})", "keep one of them")
            continue
        marked.lines[(*path, key)] = line
        found[key] = _plain(content, (*path, key), marked, add, seen)
    return found

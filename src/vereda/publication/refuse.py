"""The last door: a page with a number that walks nowhere is not published."""

import re
from html import unescape

from vereda.errors import NoTrace

# What may hold digits: a traced number, a day, an id in <code>, a chart (its points are in a table), a .plain label.
_ALLOWED = re.compile(
    r"<(svg|time|code|script|style|head|title)\b[^>]*>.*?</\1>"
    r'|<a class="n[ "][^>]*>.*?</a>'
    r'|<(span|a|li|p|td|th|div|dd|h1|h2|h3|em|b|q|option)\b[^>]*? class="(?:[^"]* )?plain(?: [^"]*)?"[^>]*>.*?</\2>'
    r"|<!--.*?-->",
    re.DOTALL,
)
_TAG = re.compile(r"<[^>]*>")
_DIGITS = re.compile(r"[^<>]{0,40}\d[^<>]{0,40}")


def bare_numbers(html: str) -> list[str]:
    """Texts around digits that are not a traced figure nor marked as a label."""
    text = unescape(_TAG.sub("\n", _ALLOWED.sub("\n", html)))
    return [" ".join(found[0].split()) for found in _DIGITS.finditer(text)]


def must_be_traced(pages: dict[str, str]) -> None:
    """NoTrace, with every place, if a page prints a number that is not a figure."""
    faults = [f"{path}: …{bare}…" for path, html in pages.items() for bare in bare_numbers(html)]
    if faults:
        shown = "\n".join(f"  {fault}" for fault in faults[:30])
        raise NoTrace(
            f"{len(faults)} bare number(s) on the pages, so nothing was published:\n{shown}\n"
            "Print numbers with the `n` filter, days with `day`, and words of the register with `words`."
        )

"""Every sentence a verdict can say, in one place, so that it can be said in another language."""

from vereda.terms.figure import Figure, Message

#: Every sentence a verdict can say; publication translates them by their English text.
#: {estimator} is an estimator id, {period}, {year} and {due} are periods, the rest are figures.
MESSAGES = {
    "met_from": "{actual} in {period} meets the target {target} from the {year} baseline, {baseline}.",
    "missed_from": "{actual} in {period} misses the target {target} from the {year} baseline, {baseline}.",
    "met": "{actual} in {period} meets the target {target}.",
    "missed": "{actual} in {period} misses the target {target}.",
    "still_short": "{actual} in {period}, after the due day, is still short of the target {target}.",
    "reached_late": "The target {target} is first reached in {period}; no value decides for the due day.",
    "rounded": "The printed value {actual} is rounded and equals the target exactly; it counts as met.",
    "not_due": "It falls due on {due}.",
    "distance": "The latest value is {actual} in {period}; against the target {target} the gap is {gap}.",
    "no_year": "No {estimator} value for {year} is held; the latest is {latest} for {period}.",
    "no_value": "No {estimator} value is held.",
    "no_figure": "No value is held.",
    "no_baseline": "No baseline value for {period} is held as of that day.",
    "baseline_unknown": "No baseline is held by the same estimator ({estimator}).",
    "not_measured": "No series is held that measures this.",
    "not_published": "No release was found in the material held.",
    "no_due": "No due date is stated.",
    "no_target": "No target is stated.",
    "disagree": "The readings disagree, so no single verdict is given.",
    "judged_on": "The promise is judged on {estimator} figures.",
    "not_judged_on": "{estimator} figures cannot judge it.",
    "parts": "The stated parts add up to {sum}, not to the stated {stated}.",
}


def say(key: str, **values: Figure | str | int) -> Message:
    """A message from the list above."""
    return Message(MESSAGES[key], values)

import pytest
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from vereda.errors import BadRequest
from vereda.publication import text
from vereda.terms.figure import Figure, Message


@pytest.mark.parametrize(("lang", "said"), [("en", "252,573\u00a0ha"), ("es", "252.573\u00a0ha")])
def test_a_number_is_written_as_its_readers_write_it(lang: str, said: str) -> None:
    assert text.number(Figure(252572.9, "ha", "coca_area@CO:2023"), lang) == said


@pytest.mark.parametrize(("lang", "said"), [("en", "+47.3\u00a0%"), ("es", "+47,3\u00a0%")])
def test_a_rise_carries_its_sign(lang: str, said: str) -> None:
    assert text.number(Figure(47.276, "%", "change@C02:0"), lang, sign=True) == said


@given(st.floats(-1e9, 1e9), st.integers(0, 3), st.sampled_from(["en", "es"]))
def test_marks_are_those_of_the_locale(value: float, places: int, lang: str) -> None:
    pattern = "#,##0" + ("." + "0" * places if places else "")
    rounded = float(f"{value:.{places}f}")
    babel = format_decimal(rounded, pattern, locale=text.LOCALES[lang])
    assert text.digits(rounded, lang, places).lstrip("−") == babel.lstrip("-")


def test_a_small_number_is_not_written_as_zero() -> None:
    assert text.number(Figure(0.004, "%", "coca_share@CO-20:2023"), "es") == "<0,01\u00a0%"
    assert text.number(Figure(0.0, "ha", "coca_area@CO-05001:2023"), "en") == "0\u00a0ha"


def test_a_trace_shows_every_decimal() -> None:
    assert text.exact(252572.9, "es") == "252.572,9"
    assert text.exact(80000.0, "en") == "80,000"


@pytest.mark.parametrize(
    ("when", "en", "es"),
    [
        ("2018-03-01", "1 March 2018", "1 de marzo de 2018"),
        ("2021-09", "September 2021", "septiembre de 2021"),
        ("2023-03-27/2023-03-28", "27–28 March 2023", "27–28 de marzo de 2023"),
        ("2013/2014", "2013 – 2014", "2013 – 2014"),
        ("2014-Q1", "2014 Q1", "2014 T1"),
        ("FY2017", "FY2017", "AF 2017"),
        ("2001-2009", "2001–2009", "2001–2009"),
    ],
)
def test_days_and_periods(when: str, en: str, es: str) -> None:
    assert (text.when(when, "en"), text.when(when, "es")) == (en, es)


def test_no_number_says_why() -> None:
    gap = Figure(None, "ha", "coca_area@CO-91530:2023", status="not_collected")
    assert (text.number(gap, "en"), text.number(gap, "es")) == ("not collected", "no se recoge")


def test_the_site_and_the_terminal_say_the_same_verdict() -> None:
    assert text.state("missed_on_every_baseline", "en") == "missed on every baseline"
    assert text.state("missed_on_every_baseline", "es") == "incumplida con toda línea base"


def test_a_message_is_filled_in_either_language() -> None:
    message = Message("{actual} in {period} misses the target {target}.", {
        "actual": Figure(252572.9, "ha", "a@CO:2023"), "period": "2023", "target": Figure(85748.0, "ha", "target@C02:0")})  # fmt: skip
    assert text.say(message, "en") == "252,573\u00a0ha in 2023 misses the target 85,748\u00a0ha."
    assert text.say(message, "es") == "252.573\u00a0ha en 2023 incumple la meta de 85.748\u00a0ha."


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(BadRequest, match="'fr' is not a language"):
        text.translate("met", "fr")

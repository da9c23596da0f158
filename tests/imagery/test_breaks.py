"""Run lengths against the printed tables; breaks against a known truth, their false alarms against what was promised."""

from math import erf, exp, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vereda.errors import BadDesign, BadRequest
from vereda.imagery import breaks, runlength
from vereda.imagery.features import harmonics

DAYS = np.datetime64("2012-01-01") + np.arange(0, 12 * 365, 16)
BEFORE = int(np.searchsorted(DAYS, np.datetime64("2020-01-01")))
SHIFTS = (0, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4)

#: Montgomery, Introduction to Statistical Quality Control (7th ed. 2013), table 9.3: two-sided CUSUM, k = 0.5.
CUSUM = {
    4: (168, 74.2, 26.6, 13.3, 8.38, 4.75, 3.34, 2.62, 2.19, 1.71),
    5: (465, 139, 38.0, 17.0, 10.4, 5.75, 4.01, 3.11, 2.57, 2.01),
}
#: The same, table 9.11, after Lucas & Saccucci (1990), Technometrics 32(1), 1-12: EWMA, weight and width.
EWMA = {
    (0.40, 3.054): (500, 224, 71.2, 28.4, 14.3, 5.9, 3.5, 2.5, 2.0, 1.4),
    (0.25, 2.998): (500, 170, 48.2, 20.1, 11.1, 5.5, 3.6, 2.7, 2.3, 1.7),
    (0.20, 2.962): (500, 150, 41.8, 18.2, 10.5, 5.5, 3.7, 2.9, 2.4, 1.9),
    (0.10, 2.814): (500, 106, 31.3, 15.9, 10.3, 6.1, 4.4, 3.4, 2.9, 2.2),
    (0.05, 2.615): (500, 84.1, 28.8, 16.4, 11.4, 7.1, 5.2, 4.2, 3.5, 2.7),
}


def last_digit(printed: float) -> float:
    """One unit of the last digit printed."""
    text = str(printed)
    return 1.0 if "." not in text else 10.0 ** -len(text.split(".")[1])


@pytest.mark.parametrize("h", CUSUM)
def test_cusum_run_lengths_are_those_of_the_table(h: int) -> None:
    for shift, printed in zip(SHIFTS, CUSUM[h], strict=True):
        assert abs(runlength.cusum(0.5, h, shift) - printed) <= 0.51 * last_digit(printed), shift


@pytest.mark.parametrize("chart", EWMA)
def test_ewma_run_lengths_are_those_of_the_table(chart: tuple[float, float]) -> None:
    """A unit of the last digit: the table was made with a chain of states, of finite number."""
    for shift, printed in zip(SHIFTS, EWMA[chart], strict=True):
        assert abs(runlength.ewma(*chart, shift) - printed) <= 1.0 * last_digit(printed), shift


def test_the_integral_equation_agrees_with_a_chain_of_states() -> None:
    """Brook & Evans (1972), Biometrika 59(3), 539-549, and Siegmund's formula."""
    states, k, h = 400, 0.5, 4.0
    w = 2 * h / (2 * states - 1)
    i = np.arange(states)
    phi = np.vectorize(lambda z: 0.5 * (1 + erf(z / sqrt(2))))
    step = phi((i[None, :] - i[:, None]) * w + w / 2 + k) - phi((i[None, :] - i[:, None]) * w - w / 2 + k)
    step[:, 0] = phi(-i * w + w / 2 + k)
    chain = np.linalg.solve(np.eye(states) - step, np.ones(states))[0] / 2  # both sides
    assert runlength.cusum(k, h) == pytest.approx(chain, rel=1e-3)
    assert runlength.siegmund(k, h) == pytest.approx(chain, rel=0.02)


def test_with_all_weight_on_the_newest_look_ewma_is_shewharts_chart() -> None:
    tail = 1 - erf(3 / sqrt(2))
    assert runlength.ewma(1.0, 3.0) == pytest.approx(1 / tail, rel=1e-9)  # 370.4
    assert 1 / tail == pytest.approx(370.4, abs=0.05)


@given(st.floats(50, 5000), st.floats(0.3, 1.0), st.floats(0.05, 0.6))
@settings(max_examples=8, deadline=None)
def test_a_limit_gives_back_the_run_length_it_was_asked_for(looks: float, k: float, weight: float) -> None:
    assert runlength.cusum(k, runlength.cusum_limit(k, looks)) == pytest.approx(looks, rel=1e-6)
    assert runlength.ewma(weight, runlength.ewma_limit(weight, looks)) == pytest.approx(looks, rel=1e-6)


def test_a_rate_that_cannot_be_had_is_refused() -> None:
    with pytest.raises(BadRequest, match="cannot be had"):
        runlength.cusum_limit(0.5, 1.01)


# Breaks ----------------------------------------------------------------------------------------------------------


def land(n: int, seed: int = 0, cloud: float = 0.3, season: float = 0.2, spread: float = 0.03) -> np.ndarray:
    """A season with noise and clouds, nothing changed."""
    seen = np.random.default_rng(seed + 100).random((n, len(DAYS))) > cloud
    wave = np.cos(2 * np.pi * (DAYS - DAYS[0]).astype(float) / 365.25)
    return (0.6 + season * wave + spread * breaks.noise(seen, 0.0, seed)).astype("f4")


def watch(x: np.ndarray, looks: float = 465.0) -> breaks.Watch:
    return breaks.watch(x[:, :BEFORE], x[:, BEFORE:], DAYS, breaks.chart(looks))


def test_the_season_is_the_one_of_least_squares() -> None:
    """One look after the history: its standardised residual, from the fit of `features.harmonics`, decides on an alarm."""
    day = (DAYS - DAYS[0]).astype(float)
    fit = harmonics(day[:BEFORE], 2)
    assert np.allclose(np.linalg.pinv(breaks.seasons(day[:BEFORE], 2)), fit)
    x = land(300, 7, cloud=0.0)
    season = breaks.seasons(day, 2)
    found = watch(x)
    for i in np.flatnonzero(found.watched)[:40]:
        b = fit @ x[i, :BEFORE].astype(float)
        e = x[i, :BEFORE] - season[:BEFORE] @ b
        s = sqrt(e @ e / (BEFORE - 5))
        inverse = np.linalg.inv(season[:BEFORE].T @ season[:BEFORE])
        z = (x[i, BEFORE:] - season[BEFORE:] @ b) / (
            s * np.sqrt(1 + np.einsum("ij,jk,ik->i", season[BEFORE:], inverse, season[BEFORE:]))
        )
        assert found.lag1[i] == pytest.approx((e[1:] @ e[:-1]) / (e @ e), abs=1e-5)
        assert found.cusum[i].tolist() == plain_cusum(z, 0.5, breaks.chart(465).h)


def plain_cusum(z: np.ndarray, k: float, h: float) -> list[int]:
    up = down = 0.0
    for j, v in enumerate(z):
        up, down = max(0.0, up + v - k), max(0.0, down - v - k)
        if up > h or down > h:
            return [j, j + 1, 1 if up > h else -1]
    return [-1, -1, 0]


def test_with_a_known_season_the_charts_raise_as_many_false_alarms_as_promised() -> None:
    """A history so long that its error does not count: a thousand looks, and the run lengths of the tables."""
    days = np.datetime64("1900-01-01") + np.arange(0, 3100 * 5, 5)
    x = breaks.noise(np.ones((1500, 3100), dtype=bool), 0.0, 3)
    found = breaks.watch(x[:, :3000], x[:, 3000:], days, breaks.chart(100, waves=0))
    for alarm in (found.cusum, found.ewma):
        share = (alarm[found.watched, 0] >= 0).mean()
        assert share == pytest.approx(1 - exp(-100 / 100), abs=0.05)


def test_gaps_leave_the_false_alarms_of_a_look_as_they_are() -> None:
    """Clouds make looks fewer, not alarms more likely: the mean number of looks to an alarm does not move."""
    full, half = watch(land(4000, 1, cloud=0.0)), watch(land(4000, 2, cloud=0.5))
    rate = [(w.cusum[w.watched, 0] >= 0).sum() / w.looks[w.watched, 1].sum() for w in (full, half)]
    assert rate[0] < rate[1] < 2 * rate[0]  # a history of half as many looks is known less well
    assert (half.cusum[half.watched, 1] <= half.looks[half.watched, 1]).all()


@pytest.mark.parametrize("shift", [-1.0, -2.0, 2.0])
def test_a_shift_of_known_size_is_found_with_the_lag_that_was_expected(shift: float) -> None:
    x = land(3000, 5, cloud=0.2)
    x[:, BEFORE:] += np.float32(0.03 * shift)
    found = watch(x)
    chart = breaks.chart(465)
    for alarm, expected in (
        (found.cusum, runlength.cusum(0.5, chart.h, shift)),
        (found.ewma, runlength.ewma(0.1, chart.width, shift)),
    ):
        seen = alarm[found.watched]
        hit = seen[:, 0] >= 0
        assert hit.mean() > 0.99
        assert (seen[hit, 2] == np.sign(shift)).mean() > 0.99
        assert seen[hit, 1].mean() == pytest.approx(expected, rel=0.2)


def test_the_beginning_of_a_break_is_where_cusum_left_zero() -> None:
    x = land(500, 9, cloud=0.0)
    begin = BEFORE + 30
    x[:, begin:] -= np.float32(0.15)
    found = watch(x)
    early = (found.cusum[:, 0] >= 0) & (found.cusum[:, 0] < 30)
    hit = found.watched & ~early
    assert (found.cusum[hit, 0] >= 30).all()
    assert np.median(found.since[hit]) == pytest.approx(30, abs=2)


def test_no_look_no_alarm() -> None:
    x = land(50)
    x[:, BEFORE:] = np.nan
    found = watch(x)
    stable = found.state != breaks.UNSTABLE
    assert (found.state[stable] == breaks.UNSEEN).all()
    x = land(50, cloud=0.0)
    x[:, BEFORE + 3 :] = np.nan
    x[:, BEFORE : BEFORE + 3] -= 5
    late = watch(x)
    assert (late.cusum[late.watched, 1] == 1).all()
    assert (late.cusum[late.watched, 0] == 0).all()


@pytest.mark.parametrize(
    ("spoil", "state"),
    [
        (lambda x: x.__setitem__((slice(None), slice(14, BEFORE)), np.nan), breaks.SHORT),
        (lambda x: x.__setitem__((slice(None), DAYS.astype("datetime64[M]").astype(int) % 12 > 1), np.nan), breaks.SHORT),
        (lambda x: x.__setitem__((slice(None), slice(BEFORE // 2, BEFORE)), x[:, BEFORE // 2 : BEFORE] - 0.2), breaks.UNSTABLE),
        (lambda x: x.__setitem__((slice(None), slice(None)), np.float32(0.7)), breaks.CONSTANT),
        (lambda x: x.__setitem__((slice(None), slice(None)), np.nan), breaks.SHORT),
    ],
    ids=["few looks", "two months of the year", "a break within it", "always the same", "never seen"],
)  # fmt: skip
def test_a_history_that_cannot_be_trusted_is_not_watched_and_never_alarms(spoil, state: int) -> None:  # type: ignore[no-untyped-def]
    x = land(60, 4)
    spoil(x)
    x[:, BEFORE:] -= np.float32(3)
    found = watch(x)
    assert (found.state == state).all()
    assert (found.cusum[:, 0] == -1).all()
    assert (found.ewma[:, 0] == -1).all()


def test_noise_that_remembers_raises_more_false_alarms_and_the_history_shows_it() -> None:
    seen = np.ones((3000, len(DAYS)), dtype=bool)
    shares = {}
    for rho in (0.0, 0.3):
        found = watch(breaks.noise(seen, rho, 11))
        shares[rho] = (found.cusum[found.watched, 0] >= 0).mean()
        assert np.nanmedian(found.lag1) == pytest.approx(rho, abs=0.06)
    assert shares[0.3] > 1.5 * shares[0.0]


def test_limits_are_raised_until_land_that_does_not_change_alarms_as_often_as_asked() -> None:
    """Few looks of history, clouds and memory; checked on draws that the limits have not seen."""
    seen = np.random.default_rng(1).random((3000, len(DAYS))) > 0.4
    plain = breaks.chart(465)
    before = breaks.simulated(plain, seen, BEFORE, DAYS, 0.2, 99)
    assert before.cusum * 465 > 2
    assert before.ewma * 465 > 2
    made = breaks.calibrated(plain, 465, seen, BEFORE, DAYS, 0.2, 0)
    assert made.h > plain.h
    assert made.width > plain.width
    after = breaks.simulated(made, np.tile(seen, (4, 1)), BEFORE, DAYS, 0.2, 999)
    assert after.cusum * 465 == pytest.approx(1, abs=0.2)
    assert after.ewma * 465 == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize("rho", [0.0, 0.2, 0.5])
def test_the_memory_of_noise_is_had_back_from_what_short_histories_show(rho: float) -> None:
    seen = np.random.default_rng(2).random((3000, len(DAYS))) > 0.4
    made = breaks.chart(465)
    shown = breaks.simulated(made, seen, BEFORE, DAYS, rho, 50).lag1
    assert shown < rho
    assert breaks.memory(shown, made, seen, BEFORE, DAYS, 0) == pytest.approx(rho, abs=0.02)


def test_noise_has_the_spread_and_memory_it_is_asked_for() -> None:
    seen = np.random.default_rng(0).random((4000, 60)) > 0.4
    made = breaks.noise(seen, 0.5, 1)
    assert (np.isfinite(made) == seen).all()
    assert np.nanstd(made) == pytest.approx(1, abs=0.01)
    both = seen[:, 1:] & seen[:, :-1]
    assert np.corrcoef(made[:, 1:][both], made[:, :-1][both])[0, 1] == pytest.approx(0.5, abs=0.02)
    assert (breaks.noise(seen, 0.5, 1)[seen] == made[seen]).all()


def test_bad_asks_are_refused() -> None:
    x = land(3)
    with pytest.raises(BadDesign, match="one date or more each"):
        breaks.watch(x[:, :0], x, DAYS, breaks.chart(465))
    with pytest.raises(BadDesign, match="have to rise"):
        breaks.watch(x[:, :BEFORE], x[:, BEFORE:], DAYS[::-1], breaks.chart(465))
    with pytest.raises(BadRequest, match="weight"):
        breaks.chart(465, weight=0.0)

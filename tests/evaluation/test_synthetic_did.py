import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from vereda.errors import BadDesign, NotCertified
from vereda.evaluation import sdid_staggered, synthetic_did
from vereda.evaluation.certificate import TOLERANCE
from vereda.evaluation.panel import Panel
from vereda.evaluation.sdid_solver import blocks, frank_wolfe
from vereda.evaluation.sdid_staggered import staggered
from vereda.evaluation.synthetic_did import fit, residualised


def california(
    prop99: Panel, variant: str = "sdid", path: str = "exact"
) -> synthetic_did.SyntheticDifference:
    return fit(prop99.y[:, :, 0], np.isfinite(prop99.first), prop99.years < 1989, variant, path)


def drawn(
    seed: int, n: int = 25, span: int = 12, exposed: int = 3, effect: float = 0.0
) -> tuple[np.ndarray, ...]:
    """Two factors, the exposed loading more on the first; exposure in the last third."""
    rng = np.random.default_rng(seed)
    treated, pre = np.arange(n) < exposed, np.arange(span) < span - span // 3
    loading = rng.normal(size=(n, 2)) + 0.5 * treated[:, None]
    y = loading @ rng.normal(size=(2, span)).cumsum(axis=1) + 0.3 * rng.normal(size=(n, span))
    y[np.ix_(treated, ~pre)] += effect
    return y, treated, pre


# Published values


@pytest.mark.published(
    "R synthdid 0.0.9 on california_prop99, pinned in mlsynth benchmarks/reference/sdid_prop99"
)
@pytest.mark.parametrize(
    ("variant", "att", "digits"),
    [("sdid", -15.603828, 5e-7), ("did", -27.349111, 5e-7), ("sc", -19.619665, 2e-6)],
)
def test_the_path_of_the_r_package(prop99: Panel, variant: str, att: float, digits: float) -> None:
    """Plain synthetic control stops at its step limit, where the last printed digit depends on rounding."""
    assert california(prop99, variant, "R").att == pytest.approx(att, abs=digits)


@pytest.mark.published("mlsynth 1.0.0, optimum of the same problem")
def test_the_optimum_is_not_where_the_r_package_stops(prop99: Panel) -> None:
    exact, published = california(prop99), california(prop99, path="R")
    assert exact.att == pytest.approx(-15.605398, abs=5e-7)
    assert exact.omega_certificate.gap <= TOLERANCE
    assert exact.lam_certificate.gap <= TOLERANCE
    assert published.omega_certificate.gap > 1e-4
    assert "not the optimum" in published.omega_certificate.solver
    assert published.omega_certificate.unique is None


@pytest.mark.published("outcome-only synthetic control, agreed by StatsPAI, mlsynth and scipy")
def test_the_exact_variant_without_intercept_is_synthetic_control(prop99: Panel) -> None:
    assert california(prop99, "sc").att == pytest.approx(-19.513630, abs=5e-7)


@pytest.mark.published(
    "diff-diff, StatsPAI and synthdid-py: 200 placebos, permutations of numpy default_rng(1)"
)
def test_placebo_error_of_proposition_99(prop99: Panel) -> None:
    assert synthetic_did.placebo(california(prop99, path="R")).se == pytest.approx(10.912483, abs=5e-7)


# Other packages


@pytest.mark.parity
@pytest.mark.parametrize("variant", ["sdid", "sc", "did"])
def test_synthdid_py_takes_the_same_path(variant: str) -> None:
    peer = pytest.importorskip("synthdid")
    y, treated, pre = drawn(3, effect=1.0)
    order = np.argsort(treated, kind="stable")
    estimate = {"sdid": peer.synthdid_estimate, "sc": peer.sc_estimate, "did": peer.did_estimate}[variant]
    theirs, ours = (
        estimate(y[order], (~treated).sum(), pre.sum()),
        fit(y[order], treated[order], pre, variant, "R"),
    )
    assert ours.att == pytest.approx(float(theirs), rel=1e-9)
    assert synthetic_did.jackknife(ours).se == pytest.approx(theirs.se(method="jackknife"), rel=1e-9)
    assert synthetic_did.placebo(ours, 5, 7).se == pytest.approx(
        theirs.se(method="placebo", replications=5, random_state=7), rel=1e-7
    )
    assert synthetic_did.bootstrap(ours, 5, 7).se == pytest.approx(
        theirs.se(method="bootstrap", replications=5, random_state=7), rel=1e-7
    )


@pytest.mark.parity
def test_diff_diff_gives_the_same_estimate_and_placebo_error(prop99: Panel) -> None:
    peer, pd = pytest.importorskip("diff_diff"), pytest.importorskip("pandas")
    n, span = prop99.y.shape[:2]
    frame = pd.DataFrame(
        {
            "place": np.repeat(prop99.places, span),
            "year": np.tile(prop99.years.astype(int), n),
            "packs": prop99.y[:, :, 0].ravel(),
            "exposed": np.repeat(np.isfinite(prop99.first).astype(int), span),
        }
    )
    theirs = peer.SyntheticDiD(variance_method="placebo", n_bootstrap=200, seed=1).fit(
        frame, "packs", "exposed", "place", "year", post_periods=list(range(1989, 2001))
    )
    ours = california(prop99, path="R")
    assert ours.att == pytest.approx(theirs.att, rel=1e-6)
    assert synthetic_did.placebo(ours).se == pytest.approx(theirs.se, rel=1e-6)


@pytest.mark.parity
def test_staggered_agrees_with_synthdid_py() -> None:
    peer, pd = pytest.importorskip("synthdid"), pytest.importorskip("pandas")
    y, years, first = cohorts(1)
    n, span = y.shape
    frame = pd.DataFrame(
        {
            "place": np.repeat(np.arange(n), span),
            "year": np.tile(years.astype(int), n),
            "y": y.ravel(),
            "d": (years >= first[:, None]).astype(int).ravel(),
        }
    )
    theirs = peer.staggered_synthdid_estimate(frame, unit="place", time="year", outcome="y", treatment="d")
    ours = staggered(y, years, first, path="R")
    assert ours.att == pytest.approx(theirs.att, rel=1e-9)
    assert_allclose([f.att for f in ours.fits], theirs.by_cohort["tau"], rtol=1e-9)
    assert sdid_staggered.jackknife(y, years, first, ours).se == pytest.approx(
        theirs.se(method="jackknife"), rel=1e-9
    )


# The weight problems


def gradient(p: np.ndarray, b: np.ndarray, eta: float, w: np.ndarray) -> np.ndarray:
    return p @ (w @ p - b) + eta * w


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    donors=st.integers(2, 30),
    span=st.integers(2, 25),
    ridge=st.sampled_from([0.0, 1e-9, 1e-3, 1.0, 100.0]),
    level=st.sampled_from([0.0, 1e4]),
)
def test_the_weights_meet_the_conditions_of_an_optimum(
    seed: int, donors: int, span: int, ridge: float, level: float
) -> None:
    """No donor outside the support has a lower gradient than those inside, which all have the same."""
    rng = np.random.default_rng(seed)
    collapsed = level + rng.normal(size=(donors + 1, span + 1))
    if donors > 3:
        collapsed[1] = collapsed[0]  # a donor that is the copy of another
    omega, lam, tau, report = np.zeros((1, donors)), np.zeros((1, span)), np.zeros(1), np.zeros((1, 2, 3))
    rows = np.arange(donors + 1)[None]
    blocks.compiled()(
        collapsed, rows, np.array([donors]), 0, np.array([ridge, ridge]), omega, lam, tau, report
    )
    before = collapsed[:, :span] - collapsed[:, :span].mean(axis=1, keepdims=True)
    control = collapsed[:donors].T - collapsed[:donors].T.mean(axis=1, keepdims=True)
    problems = ((before[:-1], before[-1], span, omega[0]), (control[:-1], control[-1], donors, lam[0]))
    for (p, b, size, w), gap in zip(problems, report[0, :, 0], strict=True):
        slope = gradient(p, b, size * ridge**2, w)
        scale = 0.5 * ((p.mean(axis=0) - b) ** 2).sum() + 0.5 * size * ridge**2 / len(p)
        assert w.sum() == pytest.approx(1.0, abs=1e-10)
        assert w.min() >= 0
        assert (w @ slope - slope.min()) <= 1e-8 * scale
        assert gap <= 1e-8
        if ridge == 100.0:
            assert_allclose(w, 1 / len(p), atol=0.02)


def test_a_donor_that_is_the_exposed_place_takes_all_the_weight_and_the_effect_is_exact() -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=(8, 10))
    y[-1] = y[2]
    y[-1, 7:] += 3
    found = fit(y, np.arange(8) == 7, np.arange(10) < 7, "sc")
    assert found.omega[2] == pytest.approx(1.0, abs=1e-6)
    assert found.att == pytest.approx(3.0, abs=1e-5)


def test_outcomes_that_never_change_are_no_trouble() -> None:
    """The noise, and with it every ridge, is zero."""
    y = np.outer(np.arange(6.0), np.ones(8))
    y[0, 5:] += 2.0
    for variant in ("sdid", "did"):
        for path in ("exact", "R"):
            assert fit(y, np.arange(6) == 0, np.arange(8) < 5, variant, path).att == pytest.approx(2.0)


def test_a_draw_without_its_certificate_raises(monkeypatch: pytest.MonkeyPatch, prop99: Panel) -> None:
    found = california(prop99)

    def sloppy(*args: np.ndarray) -> tuple[np.ndarray, ...]:
        count = len(args[1])
        report = np.full((count, 2, 3), 1e-6)
        return np.full((count, 2), 0.5), np.zeros((count, 1)), np.zeros(count), report

    monkeypatch.setattr(synthetic_did, "_blocks", sloppy)
    with pytest.raises(NotCertified, match="draws"):
        synthetic_did.placebo(found, 5)


def test_the_published_steps_never_raise_the_objective() -> None:
    rng = np.random.default_rng(2)
    p, b, report = rng.normal(size=(12, 9)), rng.normal(size=9), np.zeros(3)
    equal, w = np.full(12, 1 / 12), np.full(12, 1 / 12)
    frank_wolfe.compiled()(p, b, 0.5, 1e-12, w, report)
    value = [0.5 * ((v @ p - b) ** 2).sum() + 0.25 * (v**2).sum() for v in (equal, w)]
    assert value[1] < value[0]
    assert report[0] < 1e-3


# Laws


@settings(deadline=None, max_examples=15)
@given(
    seed=st.integers(0, 10**6),
    level=st.floats(-1e3, 1e3),
    trend=st.floats(-50, 50),
    unit=st.floats(0.01, 100),
)
def test_levels_of_places_a_common_trend_and_the_unit_do_not_matter(
    seed: int, level: float, trend: float, unit: float
) -> None:
    y, treated, pre = drawn(seed)
    shift = level * np.random.default_rng(seed).normal(size=(len(y), 1)) + trend * np.arange(y.shape[1])
    before = fit(y, treated, pre)
    after = fit(unit * (y + shift), treated, pre)
    assert_allclose(after.att, unit * before.att, atol=1e-6 * unit)
    assert_allclose(after.omega, before.omega, atol=1e-6)


def test_the_order_of_places_does_not_matter() -> None:
    y, treated, pre = drawn(5)
    shuffled = np.random.default_rng(1).permutation(len(y))
    assert fit(y[shuffled], treated[shuffled], pre).att == pytest.approx(fit(y, treated, pre).att, abs=1e-10)


def test_the_gap_path_averages_to_the_effect_and_starts_from_nothing() -> None:
    y, treated, pre = drawn(6, effect=2.0)
    found = fit(y, treated, pre)
    assert found.gap[~pre].mean() == pytest.approx(found.att)
    assert found.lam @ found.gap[pre] == pytest.approx(0.0, abs=1e-12)


def test_a_known_effect_is_found() -> None:
    errors = [fit(*drawn(seed, n=60, span=24, exposed=5, effect=2.0)).att - 2.0 for seed in range(40)]
    biased = [fit(*drawn(seed, n=60, span=24, exposed=5, effect=2.0), "did").att - 2.0 for seed in range(40)]
    assert abs(np.mean(errors)) < 3 * np.std(errors) / np.sqrt(40)
    assert np.std(errors) < 0.5 * np.std(biased)


# Staggered


def cohorts(seed: int, n: int = 30, span: int = 12) -> tuple[np.ndarray, ...]:
    """Cohorts of 2006 (4 places) and 2008 (3), effect 2."""
    rng = np.random.default_rng(seed)
    years, first = np.arange(2000.0, 2000 + span), np.full(n, np.inf)
    first[:4], first[4:7] = 2006, 2008
    y = rng.normal(size=(n, 2)) @ rng.normal(size=(2, span)).cumsum(axis=1) + 0.2 * rng.normal(size=(n, span))
    return y + 2.0 * (years >= first[:, None]), years, first


def test_cohorts_are_averaged_by_their_exposed_cells() -> None:
    y, years, first = cohorts(2)
    found = staggered(y, years, first)
    assert_allclose(found.weight, [24 / 36, 12 / 36])
    alone = [
        fit(y[(first == g) | (first > 2011)], first[(first == g) | (first > 2011)] == g, years < g)
        for g in (2006, 2008)
    ]
    assert found.att == pytest.approx(alone[0].att * 24 / 36 + alone[1].att * 12 / 36)
    post = found.event >= 0
    assert found.event_att[post] @ found.event_places[post] / found.event_places[post].sum() == pytest.approx(
        found.att
    )
    assert_allclose(found.event_places[found.event == 5], 4)  # only the first cohort is seen so long


def test_one_cohort_is_the_plain_estimate() -> None:
    y, treated, pre = drawn(7)
    years = np.arange(float(pre.size))
    first = np.where(treated, years[~pre][0], np.inf)
    found = staggered(y, years, first)
    assert found.att == pytest.approx(fit(y, treated, pre).att)
    plain = fit(y, treated, pre)
    assert sdid_staggered.jackknife(y, years, first, found).se == pytest.approx(
        synthetic_did.jackknife(plain).se
    )


def test_clusters_are_left_out_whole() -> None:
    y, treated, pre = drawn(9, n=30, exposed=8)
    cluster = np.arange(30) % 10
    years = np.arange(float(pre.size))
    first = np.where(treated, years[~pre][0], np.inf)
    found, plain = staggered(y, years, first), fit(y, treated, pre)
    spread = synthetic_did.jackknife(plain, cluster)
    assert spread.draws.size == 10
    means = []
    for c in range(10):  # by hand: weights held, scaled to one again
        stay = cluster != c
        omega = np.zeros(30)
        omega[plain.donors] = plain.omega
        kept = omega * stay / (omega * stay).sum()
        gap = y[treated & stay].mean(axis=0) - kept @ y
        means.append(gap[~pre].mean() - plain.lam @ gap[pre])
    assert_allclose(spread.draws, means, rtol=1e-10)
    assert spread.se == pytest.approx(np.sqrt(9 / 10 * ((spread.draws - spread.draws.mean()) ** 2).sum()))
    assert sdid_staggered.jackknife(y, years, first, found, cluster).se == pytest.approx(spread.se)
    assert synthetic_did.jackknife(plain).se != pytest.approx(spread.se)
    together = np.where(treated, 0, 1 + np.arange(30) % 9)
    assert "in one group" in synthetic_did.jackknife(plain, together).why
    assert "one place (or cluster)" in sdid_staggered.jackknife(y, years, first, found, together).why


def test_places_exposed_after_the_last_year_are_donors() -> None:
    y, years, first = cohorts(3)
    later = np.where(np.isinf(first), 2050.0, first)
    assert staggered(y, years, later).att == staggered(y, years, first).att


def test_staggered_errors_by_relabelling_and_resampling() -> None:
    y, years, first = cohorts(4)
    found = staggered(y, years, first)
    placebo = sdid_staggered.placebo(y, years, first, found, 30, 1)
    assert placebo.se == pytest.approx(np.std(placebo.draws))
    assert abs(placebo.draws.mean()) < 3 * placebo.se / np.sqrt(30) + 0.2  # no effect on donors
    assert sdid_staggered.bootstrap(y, years, first, found, 30, 1).se > 0
    first[6], first[5] = np.inf, np.inf
    lone = staggered(y, years, first)
    assert sdid_staggered.jackknife(y, years, first, lone).se is None
    assert "2008" in sdid_staggered.bootstrap(y, years, first, lone).why


# Gaps and covariates


def test_gaps_are_refused_or_cost_the_donor_its_place() -> None:
    y, treated, pre = drawn(8)
    y[10, 3] = np.nan
    with pytest.raises(BadDesign, match="1 donors have gaps"):
        fit(y, treated, pre)
    found = fit(y, treated, pre, gaps="places")
    whole = np.arange(len(y)) != 10
    assert found.left_out.tolist() == [10]
    assert found.att == pytest.approx(fit(y[whole], treated[whole], pre).att)
    y[0, 3] = np.nan
    with pytest.raises(BadDesign, match="exposed places"):
        fit(y, treated, pre, gaps="places")


def test_staggered_numbers_places_as_in_the_whole_panel() -> None:
    y, years, first = cohorts(5)
    y[20, 1] = np.nan
    found = staggered(y, years, first, gaps="places")
    assert [f.left_out.tolist() for f in found.fits] == [[20], [20]]
    assert found.fits[1].exposed.tolist() == [4, 5, 6]
    assert 20 not in found.fits[0].donors
    whole = np.arange(len(y)) != 20
    clean = staggered(y[whole], years, first[whole])
    assert sdid_staggered.jackknife(y, years, first, found).se == pytest.approx(
        sdid_staggered.jackknife(y[whole], years, first[whole], clean).se
    )
    assert sdid_staggered.placebo(y, years, first, found, 5).se == pytest.approx(
        sdid_staggered.placebo(y[whole], years, first[whole], clean, 5).se
    )


def test_covariates_are_taken_out_without_taking_the_effect() -> None:
    y, treated, pre = drawn(9, n=40, effect=2.0)
    rng = np.random.default_rng(3)
    x = rng.normal(size=(*y.shape, 2))
    x[np.ix_(treated, ~pre)] += 5.0  # moves with the exposure
    cells = treated[:, None] & ~pre
    cleaned = residualised(y + x @ np.array([1.5, -4.0]), x, cells)
    dummies = np.hstack([np.kron(np.eye(40), np.ones((12, 1))), np.kron(np.ones((40, 1)), np.eye(12))[:, 1:]])
    design, keep = np.hstack([x.reshape(-1, 2), dummies]), ~cells.ravel()
    beta = np.linalg.lstsq(design[keep], (y + x @ np.array([1.5, -4.0])).ravel()[keep], rcond=None)[0][:2]
    assert_allclose(cleaned, y + x @ (np.array([1.5, -4.0]) - beta), atol=1e-8)
    with pytest.raises(BadDesign, match=r"\[1\]"):
        residualised(y, np.stack([x[..., 0], np.ones_like(y) * np.arange(40)[:, None]], axis=-1), cells)


# Bad input


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"exposed": np.zeros(25, bool)}, "no place is exposed"),
        ({"exposed": np.ones(25, bool)}, "0 donors"),
        ({"exposed": np.arange(25) > 0}, "1 donors"),
        ({"exposed": np.full(25, np.nan)}, "true or false"),
        ({"pre": np.arange(12) < 1}, "1 years before exposure"),
        ({"pre": np.ones(12, bool)}, "0 after"),
        ({"pre": np.arange(12) % 2 == 0}, "come first"),
        ({"pre": np.ones(11, bool)}, "must be"),
        ({"variant": "sdd"}, "variant"),
        ({"path": "r"}, "path"),
        ({"gaps": "fill"}, "gaps"),
        ({"y": np.full((25, 12), np.inf)}, "infinite"),
    ],
)
def test_bad_input_says_what_is_wrong(change: dict, message: str) -> None:
    y, treated, pre = drawn(0)
    with pytest.raises(BadDesign, match=message):
        fit(**{"y": y, "exposed": treated, "pre": pre} | change)


def test_several_faults_are_said_at_once() -> None:
    y, treated, pre = drawn(0)
    with pytest.raises(BadDesign, match=r"no place is exposed(.|\n)*|come first"):
        fit(y, treated & False, ~pre)
    with pytest.raises(BadDesign) as fault:
        fit(y, treated & False, ~pre, path="r")
    assert all(part in str(fault.value) for part in ("no place is exposed", "come first", "path"))


def test_one_pre_year_still_allows_difference_in_differences() -> None:
    y, treated, _ = drawn(0)
    pre = np.arange(12) < 1
    change = y[:, 1:].mean(axis=1) - y[:, 0]
    assert fit(y, treated, pre, "did").att == pytest.approx(change[treated].mean() - change[~treated].mean())


@pytest.mark.parametrize(
    ("first", "message"),
    [
        (2000.0, "first year"),
        (1990.0, "first year"),
        (2001.0, "2001"),
        (np.nan, "numbers"),
        (2099.0, "No place"),
    ],
)
def test_bad_cohorts_say_what_is_wrong(first: float, message: str) -> None:
    y, years, _ = cohorts(0)
    with pytest.raises(BadDesign, match=message):
        staggered(y, years, np.where(np.arange(len(y)) < 3, first, np.inf))


def test_errors_that_are_not_defined_say_why(prop99: Panel) -> None:
    found = california(prop99)
    assert synthetic_did.jackknife(found).se is None
    assert "one place is exposed" in synthetic_did.bootstrap(found).why
    y, treated, pre = drawn(0, n=6, exposed=3)
    assert "3 donors" in synthetic_did.placebo(fit(y, treated, pre)).why


def test_the_r_path_is_not_for_thousands_of_donors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthetic_did, "MOST_DONORS", 10)
    y, treated, pre = drawn(0)
    with pytest.raises(BadDesign, match="use path='exact'"):
        fit(y, treated, pre, path="R")


def test_same_seed_same_bits() -> None:
    y, treated, pre = drawn(1)
    found = fit(y, treated, pre)
    assert np.array_equal(
        synthetic_did.placebo(found, 120, 5).draws, synthetic_did.placebo(found, 120, 5).draws
    )
    assert not np.array_equal(
        synthetic_did.placebo(found, 120, 5).draws, synthetic_did.placebo(found, 120, 6).draws
    )

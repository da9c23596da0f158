import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vereda.indicators.coca import coca_flows, coca_hhi, coca_places, coca_share, coca_top10

areas = arrays(float, st.integers(1, 40), elements=st.floats(0, 1e6).map(lambda x: round(x, 1)))


@given(areas)
def test_shares_add_up_to_all_of_it(area: np.ndarray) -> None:
    share = coca_share(area)
    if area.sum() > 0:
        assert share.sum() == pytest.approx(100)
    else:
        assert np.isnan(share).all()


@given(areas.filter(lambda a: a.sum() > 0))
def test_concentration_lies_between_evenly_spread_and_all_in_one(area: np.ndarray) -> None:
    assert 1 / len(area) - 1e-9 <= coca_hhi(area) <= 1 + 1e-9
    assert coca_hhi(area * 7) == pytest.approx(coca_hhi(area))  # hectares or acres, the index is the same


@given(areas, st.randoms())
def test_flows_explain_the_net_change(before: np.ndarray, random) -> None:
    after = np.array(sorted(before, key=lambda _: random.random()))
    flows = coca_flows(before, after)
    assert flows.net == pytest.approx(after.sum() - before.sum(), abs=1e-6)
    assert flows.rises >= 0
    assert flows.falls >= 0
    back = coca_flows(after, before)
    assert (back.rises, back.falls) == pytest.approx((flows.falls, flows.rises))


def test_worked_example() -> None:
    area = np.array([60.0, 40.0, 0.0])
    assert coca_share(area).tolist() == [60, 40, 0]
    assert coca_hhi(area) == pytest.approx(0.52)
    assert coca_top10(area) == 100
    assert coca_places(area) == 2
    flows = coca_flows(area, np.array([30.0, 45.0, 5.0]))
    assert (flows.rises, flows.falls, flows.net) == (10, 30, -20)
    assert flows.offset == pytest.approx(1 / 3)

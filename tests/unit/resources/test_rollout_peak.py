"""The peak of a rollout, against a walk through every state that the controller may pass."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kube.resources.rollout_peak import Rollout

SMALL = st.integers(0, 6)


@given(SMALL, SMALL, SMALL, SMALL, SMALL)
def test_no_state_of_a_rollout_takes_more_than_its_peak(
    old: int, new: int, surge: int, old_size: int, new_size: int
) -> None:
    most = new + surge
    states = {(0, old)} | {(n, o) for n in range(new + 1) for o in range(old + 1) if n + o <= most}
    worst = max(n * new_size + o * old_size for n, o in states) - old * old_size
    found = Rollout(old=old, new=new, most=most, replaces=True)
    assert found.peak(old_size, new_size) == max(0, worst)
    assert found.end(old_size, new_size) == new * new_size - old * old_size

"""The history is evenly spaced, bounded, and depends on the count alone."""

from functools import cache

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gridworld.learning.recording import due, keep_keyframe, keep_policy
from gridworld.runs.history import fits, fresh_recording

capacities = st.integers(1, 25).map(lambda half: 2 * half)


def fill(capacity, counts):
    """A recording with so many places, after a run that came to these counts in turn."""
    recording = fresh_recording(np.zeros((2, 3)), 1)
    recording = recording._replace(
        keyframes=_cut(recording.keyframes, capacity, ("present_q_values", "present_visits")),
        policies=_cut(recording.policies, capacity),
    )
    present = recording.keyframes.present_q_values
    for count in counts:
        recording.progress["total_steps"] = recording.progress["episode"] = count
        recording.progress["epsilon"] = count
        present[:] = [0, 0, 0, 0, count, 0]
        if count == due(recording.keyframes.thinning):
            keep_keyframe(recording)
        if count == due(recording.policies.thinning):
            keep_policy(present.reshape(2, 3), recording)
    return recording


def _cut(arrays, capacity, whole=()):
    return arrays._replace(
        **{
            name: array[:capacity]
            for name, array in arrays._asdict().items()
            if name not in ("thinning", *whole)
        }
    )


@given(capacities, st.integers(0, 400))
def test_records_are_evenly_spaced_and_bounded_and_reach_the_end(capacity, count):
    recording = fill(capacity, range(count + 1))
    for kept, counts in (
        (recording.keyframes, recording.keyframes.progress["total_steps"]),
        (recording.policies, recording.policies.epsilons),
    ):
        n_kept, interval = kept.thinning[0].item()
        assert counts[:n_kept].tolist() == list(range(0, count + 1, interval))
        assert 1 <= n_kept <= capacity
        assert n_kept > min(count, capacity // 2)
        assert fits(capacity, n_kept, interval)
    # Each is as it was.
    n_kept = recording.keyframes.thinning["count"][0]
    assert recording.keyframes.q_values[:n_kept, 4].tolist() == list(
        recording.keyframes.progress["total_steps"][:n_kept]
    )
    n_kept = recording.policies.thinning["count"][0]
    best = recording.policies.best[:n_kept].reshape(-1, 2, 3)
    assert best[0].all()
    assert (best[1:, 1] == [False, True, False]).all()
    assert best[:, 0].all()


@cache
def possible_records(capacity):
    """Numbers of records and intervals, after runs of many lengths."""
    return {
        tuple(fill(capacity, range(n + 1)).keyframes.thinning[0].item()) for n in range(0, 200, 3)
    }


@given(capacities, st.integers(1, 40), st.sampled_from([1, 2, 3, 4, 6, 8, 32]))
def test_no_other_number_of_records_fits(capacity, count, interval):
    if fits(capacity, count, interval) and (count - 1) * interval < 190:
        steps = range((count - 1) * interval + 1)
        assert fill(capacity, steps).keyframes.thinning[0].item() == (count, interval)
    elif not fits(capacity, count, interval):
        assert (count, interval) not in possible_records(capacity)

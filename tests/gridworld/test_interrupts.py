import subprocess
import sys

#: Trains by single calls of the loop, interrupted at random moments, and then compares with a
#: run that was left alone.
INTERRUPTED = """
import random, signal
from gridworld import GridWorldConfig, QLearningConfig, Trainer

armed, n_interrupts = False, 0

def interrupt(*_):
    global armed
    if armed:
        armed = False
        raise KeyboardInterrupt

def make():
    learning = QLearningConfig(num_episodes=1_000_000, epsilon_decay=1)
    return Trainer(GridWorldConfig(level="hard"), learning, seed=0)

signal.signal(signal.SIGALRM, interrupt)
trainer = make()
trainer.start()
for _ in range(20_000):
    try:
        armed = True
        signal.setitimer(signal.ITIMER_REAL, random.uniform(5e-6, 3e-4))
        while True:
            trainer.advance(1)
    except KeyboardInterrupt:
        n_interrupts += 1
other = make()
other.advance(trainer.total_steps)
for mine, its in zip([trainer.snapshot, *trainer.keyframes], [other.snapshot, *other.keyframes]):
    assert mine.q_values.tobytes() == its.q_values.tobytes()
    assert mine.total_steps == its.total_steps
assert len(trainer.keyframes) == len(other.keyframes)
print(trainer.status, n_interrupts)
"""


def test_interrupts_at_any_moment_are_neither_lost_nor_fatal():
    # Python in what Numba calls on the way into compiled code would be the place for both.
    result = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=300
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["RUNNING", "20000"]

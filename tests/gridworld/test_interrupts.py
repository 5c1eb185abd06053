import signal
import threading

import pytest

from gridworld import Trainer, kernel
from gridworld.interrupts import held_back


def test_an_interrupt_takes_effect_at_the_end_of_the_block():
    before, done = signal.getsignal(signal.SIGINT), []

    def work():
        with held_back():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            done.append(True)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done
    assert signal.getsignal(signal.SIGINT) is before


def test_a_handler_of_ones_own_is_called_once():
    received = []
    before = signal.signal(signal.SIGINT, lambda *arguments: received.append(arguments))
    try:
        with held_back():
            signal.raise_signal(signal.SIGINT)
            assert not received
    finally:
        signal.signal(signal.SIGINT, before)
    assert [number for number, _ in received] == [signal.SIGINT]


def test_an_interrupt_that_is_ignored_stays_so():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with held_back():
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_threads_are_let_be():
    done = []

    def work():
        with held_back():
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done


def test_an_interrupt_on_the_way_into_the_loop_pauses_the_run_after_it(monkeypatch):
    trainer, loop = Trainer(), kernel.run

    def interrupted(*arguments):
        signal.raise_signal(signal.SIGINT)  # as in Numba's wrapper
        return loop(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(kernel, "run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            trainer.train(show_progress=False)
    assert trainer.status == "PAUSED"
    assert trainer.total_steps > 0
    trainer.train(show_progress=False)
    other = Trainer()
    other.train(show_progress=False)
    assert trainer.agent.q_values.tobytes() == other.agent.q_values.tobytes()

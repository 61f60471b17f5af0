"""Ctrl-C and SIGTERM: the first finishes the step, the second does not wait."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from amont.training.interrupt import Interrupt


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_is_noted_and_the_second_interrupts(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    interrupt = Interrupt()

    def press_twice() -> None:
        with interrupt:
            os.kill(os.getpid(), number)
            assert interrupt.requested
            os.kill(os.getpid(), number)

    with pytest.raises(KeyboardInterrupt):
        press_twice()
    assert signal.getsignal(number) is before
    with interrupt:
        assert not interrupt.requested


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Interrupt():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_leaves_signals_alone() -> None:
    failed: list[BaseException] = []

    def use() -> None:
        try:
            with Interrupt():
                pass
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert not failed

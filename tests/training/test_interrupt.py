"""Ctrl-C: the first finishes the step, the second does not wait."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from amont.training.interrupt import Interrupt


def test_the_first_is_noted_and_the_second_interrupts() -> None:
    before = signal.getsignal(signal.SIGINT)
    interrupt = Interrupt()

    def press_twice() -> None:
        with interrupt:
            os.kill(os.getpid(), signal.SIGINT)
            assert interrupt.requested
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        press_twice()
    assert signal.getsignal(signal.SIGINT) is before
    with interrupt:
        assert not interrupt.requested


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

"""The thread behind the loader: it ends, and what it raises arrives."""

import threading
import traceback
from collections.abc import Iterator

import pytest

from amont.data.prefetch import prefetch

DEPTHS = [0, 1, 4]


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "amont-prefetch"]


@pytest.mark.parametrize("depth", DEPTHS)
def test_all_items_in_order(depth: int) -> None:
    assert list(prefetch(range(100), depth)) == list(range(100))
    assert not list(prefetch([], depth))
    assert not workers()


@pytest.mark.parametrize("depth", DEPTHS)
def test_an_exception_arrives_in_its_place_with_the_workers_traceback(depth: int) -> None:
    def broken_source() -> Iterator[int]:
        yield 1
        yield 2
        raise ZeroDivisionError("in the worker")

    items = prefetch(broken_source(), depth)
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(ZeroDivisionError, match="in the worker") as caught:
        next(items)
    assert "broken_source" in "".join(traceback.format_tb(caught.value.__traceback__))
    assert not list(items)
    assert not workers()


def test_an_exit_in_the_worker_is_not_lost() -> None:
    def leaving() -> Iterator[int]:
        raise SystemExit(3)
        yield 1

    with pytest.raises(SystemExit):
        next(prefetch(leaving(), 1))


@pytest.mark.parametrize("depth", [1, 4])
def test_stopping_early_ends_the_thread(depth: int) -> None:
    for item in prefetch(range(1000), depth):
        assert len(workers()) == 1
        if item == 3:
            break
    assert not workers()

    def consumer() -> None:
        for _ in prefetch(iter(int, 1), depth):  # an endless source
            raise KeyError("in the consumer")

    with pytest.raises(KeyError):
        consumer()
    assert not workers()


def test_an_iterator_that_is_never_used_starts_nothing() -> None:
    items = prefetch(range(3), 2)
    assert not workers()
    del items


@pytest.mark.parametrize("depth", [1, 3])
def test_as_many_as_asked_are_computed_while_the_consumer_works(depth: int) -> None:
    made = []
    enough = threading.Event()

    def source() -> Iterator[int]:
        for i in range(20):
            made.append(i)
            if len(made) == depth + 1:
                enough.set()
            yield i

    items = prefetch(source(), depth)
    next(items)  # the consumer holds one, `depth` may be ahead of it
    assert enough.wait(10)
    assert not threading.Event().wait(0.05)  # give a worker that goes too far the time to do so
    assert len(made) == depth + 1
    assert [*items] == list(range(1, 20))


def test_stopping_wakes_a_worker_that_waits_for_a_place() -> None:
    items = prefetch(iter(int, 1), 2)
    next(items)
    assert not threading.Event().wait(0.05)  # by now the worker is two ahead, and waits
    closer = threading.Thread(target=items.close, daemon=True)  # type: ignore[attr-defined]
    closer.start()
    closer.join(10)
    assert not closer.is_alive()
    assert not workers()


def test_the_worker_itself_may_be_the_one_who_closes() -> None:
    """The garbage collector runs in any thread: also in the worker, on an iterator that was dropped in a cycle."""
    dropped = threading.Event()
    said: list[object] = []

    def source() -> Iterator[int]:
        yield 0
        dropped.wait(10)
        try:
            said.append(items.close())  # type: ignore[attr-defined]
        except RuntimeError as error:
            said.append(error)

    items = prefetch(source(), 1)
    next(items)
    (worker,) = workers()
    dropped.set()
    worker.join(10)
    assert said == [None]
    assert not workers()


def test_two_iterations_at_once() -> None:
    assert [*zip(prefetch(range(50), 2), prefetch(range(50), 3))] == [(i, i) for i in range(50)]

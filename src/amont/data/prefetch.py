"""`prefetch`: compute the next items in a thread while the consumer works on the present one."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")

_END = object()


class _Failure:
    """What the worker's iteration raised; the error carries its own traceback."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


def prefetch(source: Iterable[T], depth: int) -> Iterator[T]:
    """Yield the items of `source`, of which up to `depth` are computed ahead in one thread; 0 means no thread.

    An exception in `source` is raised here, at the place of the item that failed, with the worker's traceback.
    When the consumer stops early, by an exception, or drops the iterator, the thread is woken and joined.
    """
    if depth == 0:
        yield from source
        return
    ready: SimpleQueue[Any] = SimpleQueue()
    places = threading.Semaphore(depth)
    stop = threading.Event()
    worker = threading.Thread(target=_work, args=(source, ready, places, stop), name="amont-prefetch", daemon=True)
    worker.start()
    try:
        while (item := ready.get()) is not _END:
            if isinstance(item, _Failure):
                raise item.error
            places.release()  # before the consumer works on the item, so that the next one is made meanwhile
            yield item
    finally:
        stop.set()
        places.release()  # wakes a worker that waits for a place
        if worker is not threading.current_thread():  # the garbage collector may close us from the worker itself
            worker.join()


def _work(source: Iterable[Any], ready: SimpleQueue[Any], places: threading.Semaphore, stop: threading.Event) -> None:
    try:
        items = iter(source)
        while places.acquire() and not stop.is_set():  # a place is taken before the item is computed
            item = next(items, _END)
            ready.put(item)
            if item is _END:
                return
    except BaseException as error:  # whatever it is, it belongs to the consumer
        ready.put(_Failure(error))

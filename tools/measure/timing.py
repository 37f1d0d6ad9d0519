"""Times and memory of calls."""

import math
import platform
import re
import resource
import timeit
import tracemalloc
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import TypeVar

import numpy as np

BATCH_SECONDS = 0.02  # a contestant's turn, about
TEMPORARY_BYTES = 2**19
LARGEST_KEPT_BYTES = 2**25  # the most for which glibc learns to keep freed memory

Name = TypeVar("Name", bound=Hashable)


def least_times(
    calls: dict[Name, Callable], rounds: int, batch_seconds: float = BATCH_SECONDS
) -> dict[Name, float]:
    """Return the least seconds of each call over rounds in which all take turns.

    A turn begins with a call that does not count: what the contestant before has left in the caches
    is not this one's fault.
    """
    timers = {name: timeit.Timer(call) for name, call in calls.items()}
    repeats = {}
    for name, timer in timers.items():
        timer.timeit(1)
        number = 1
        while (seconds := timer.timeit(number)) < batch_seconds / 4:
            number *= 4
        repeats[name] = max(1, round(number * batch_seconds / seconds))
    times = dict.fromkeys(calls, math.inf)
    for _ in range(rounds):
        for name, timer in timers.items():
            timer.timeit(1)
            times[name] = min(times[name], timer.timeit(repeats[name]) / repeats[name])
    return times


def logits(shape: int | tuple[int, ...], dtype: type) -> np.ndarray:
    """Return standard normal logits."""
    return np.random.default_rng(0).standard_normal(shape, dtype)


def bytes_beside_result(call: Callable) -> int:
    """Return the most memory that a call holds beside its input and its result."""
    call()  # fills the rooms that the library keeps
    tracemalloc.start()
    result = call()
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del result
    return peak - held


def keep_freed_memory() -> None:
    """Free one large array: from then on glibc reuses memory for temporaries up to its size.

    A fresh process gets new pages for each, and the peers, which need more of them, take longer.
    """
    np.empty(LARGEST_KEPT_BYTES - 2**16, np.uint8)


def memory_of_temporaries() -> str:
    """Say whether a call's temporaries of half a MiB are fresh pages or reused memory."""
    for _ in range(2):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        temporaries = [np.ones(TEMPORARY_BYTES, np.uint8) for _ in range(4)]
        faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
        del temporaries
    return "fresh pages" if faults * resource.getpagesize() > TEMPORARY_BYTES else "reused memory"


def machine() -> str:
    """Name the processor, NumPy's version and the state of the allocator."""
    cpuinfo = Path("/proc/cpuinfo")  # Linux alone has it
    models = re.findall(r"model name\s*: (.+)", cpuinfo.read_text() if cpuinfo.exists() else "")
    processor = f"{models[0] if models else platform.processor()} ({platform.machine()})"
    return f"{processor}, NumPy {np.__version__}; temporaries are {memory_of_temporaries()}"

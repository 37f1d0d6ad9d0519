"""Scratch matrices: kept by each thread, of the right size, apart from one another."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from softmax_lib.engine.scratch import BLOCK, SHARED_BLOCK, Workspace


def test_a_room_is_given_again():
    workspace = Workspace()
    x = np.empty((3, 4), np.float32)
    room = workspace.like(x, "a")
    assert (room.shape, room.dtype) == (x.shape, x.dtype)
    assert np.shares_memory(room, workspace.like(x, "a"))
    assert not np.shares_memory(room, workspace.like(x, "b"))


def test_what_does_not_fit_is_not_kept():
    workspace = Workspace()
    assert workspace.like(np.empty(BLOCK, np.uint8), "a").nbytes == BLOCK
    large = np.empty(BLOCK + 1, np.uint8)
    assert workspace.like(large, "b").nbytes == large.nbytes
    assert set(workspace.rooms) == {"a"}


def test_threads_do_not_share_rooms():
    workspace, x = Workspace(), np.empty(5)
    mine = workspace.like(x, "a")
    with ThreadPoolExecutor(1) as pool:
        assert not np.shares_memory(mine, pool.submit(workspace.like, x, "a").result())


def test_blocks_fit_a_cache_and_those_of_threads_are_larger():
    """Caches next to a core hold 256 KiB to 2 MiB, those that cores share some 32 MiB."""
    assert 2**18 <= BLOCK <= 2**20
    assert 2**20 < SHARED_BLOCK <= 2**25
    assert Workspace().block == BLOCK

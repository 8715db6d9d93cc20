"""The one decorator for functions compiled with numba.

numba's cache knows when the file of a function has changed, not when a file that the function calls
into has. So machine code is kept in a folder named after the contents of all compiled modules of
the package: a change in any of them starts a fresh one.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import FunctionCache
from numba.core.runtime import rtsys

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

Function = Callable[..., Any]


def compiled(
    *, allocates: bool = False, internal: bool = False, inlined: bool = True, once: bool = False
) -> Callable[[Function], Function]:
    """Compile a function on first use; machine code is kept for later processes.

    Compiled functions release the GIL, so threads run them side by side, and divide as numpy does.

    Args:
        allocates: whether the function creates arrays. Where it does not, numba's reference counts
            are switched off: each costs an atomic operation, together half the time of a simulation
            (measured: 0.98 to 0.57 us for a ResNet-18 layer on Eyeriss-168).
        internal: whether only compiled functions call it. That saves what takes Python objects
            apart, a third of the time to compile.
        once: whether its one call is replaced by the body before types are inferred: the cheapest
            way to compile what has one caller, or a handful of lines.
        inlined: whether calls are replaced by the body whatever its size: worth it where calls take
            well under a microsecond; large bodies in several places take minutes to compile.
    """

    def decorate(function: Function) -> Function:
        shared_cache = numba.config.CACHE_DIR
        numba.config.CACHE_DIR = shared_cache or _cache_folder()
        try:
            result: Function = numba.njit(
                function,
                cache=bool(numba.config.CACHE_DIR) and not internal,
                nogil=True,
                error_model="numpy",
                forceinline=inlined and not allocates,
                _nrt=allocates,
                no_cpython_wrapper=internal,
                no_cfunc_wrapper=True,
                inline="always" if once else "never",
            )
            if numba.config.CACHE_DIR and not internal:
                result._cache = _KernelCache(function)  # type: ignore[attr-defined]
        finally:
            numba.config.CACHE_DIR = shared_cache
        return result

    return decorate


class _KernelCache(FunctionCache):  # type: ignore[misc]
    """A cache from which machine code is loaded without what numba needs to make some.

    numba reads the implementations of all of Python's and numpy's functions that it knows (half a
    second) before it looks whether there is anything to compile; a compiler does so by itself.
    """

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The machine code for a signature; None if there is none."""
        rtsys.initialize(target_context)  # what counts references
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)


def has_cache() -> bool:
    """Whether machine code can be kept for later processes."""
    return bool(_folder())


def cache_holds(name: str) -> bool:
    """Whether machine code of a function, ``module.function-``, is in the cache already."""
    return has_cache() and any(Path(_folder()).rglob(f"{name}*.nbi"))


@contextmanager
def compiling_alone() -> Iterator[None]:
    """Wait while another process compiles, so that it need not be done twice.

    Processes of other states of the sources, and systems without file locks, do not wait.
    """
    if fcntl is None or not has_cache():
        yield
        return
    Path(_folder()).mkdir(parents=True, exist_ok=True)
    with (Path(_folder()) / "compiling.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _folder() -> str:
    return str(numba.config.CACHE_DIR or _cache_folder())


@cache
def _cache_folder() -> str:
    """A writable folder that belongs to this state of the sources; empty if there is none."""
    package = Path(__file__).parent
    digest = hashlib.sha256()
    for source in sorted([Path(__file__), *package.rglob("*_kernel.py")]):
        digest.update(source.read_bytes())
    name = f"bohwsw-kernels-{digest.hexdigest()[:16]}"
    home_cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    for parent in (package / "__pycache__", home_cache):
        folder = parent / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / f".writable-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError:
            continue
        return str(folder)
    return ""

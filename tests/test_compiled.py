"""Where machine code is kept: by the contents of the sources, and wherever a folder is writable."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numba
import pytest

import bohwsw.compiled

KERNEL = """
from {package}.compiled import compiled


@compiled()
def doubled(x):
    return 2 * x


@compiled(allocates=True)
def quotient(x, y):
    return x / y
"""


@pytest.fixture(autouse=True)
def no_user_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home-cache"))


@pytest.fixture
def package(tmp_path: Path) -> Iterator[Path]:
    """A package of its own: the decorator's module and one kernel."""
    folder = tmp_path / f"compiled_{tmp_path.name}"
    folder.mkdir()
    (folder / "__init__.py").touch()
    shutil.copy(bohwsw.compiled.__file__, folder / "compiled.py")
    (folder / "toy_kernel.py").write_text(KERNEL.format(package=folder.name))
    sys.path.insert(0, str(tmp_path))
    yield folder
    sys.path.remove(str(tmp_path))
    forget(folder)


def forget(package: Path) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == package.name]:
        del sys.modules[name]


def kernel(package: Path) -> ModuleType:
    """The kernel module, imported anew as a fresh process would."""
    forget(package)
    importlib.invalidate_caches()
    return importlib.import_module(f"{package.name}.toy_kernel")


def cache_folders(parent: Path) -> list[Path]:
    return sorted(parent.glob("bohwsw-kernels-*"))


def test_machine_code_is_kept_and_used_again(package: Path) -> None:
    module = kernel(package)
    assert module.doubled(21) == 42
    assert module.doubled.stats.cache_misses
    (folder,) = cache_folders(package / "__pycache__")
    assert list(folder.rglob("*.nbc"))
    again = kernel(package)
    assert again.doubled(21) == 42
    assert again.doubled.stats.cache_hits
    assert not again.doubled.stats.cache_misses
    assert cache_folders(package / "__pycache__") == [folder]


def test_machine_code_is_loaded_without_what_compiling_takes(package: Path) -> None:
    """numba by itself reads all implementations that it has first: half a second for nothing."""
    kernel(package).doubled(21)
    use = f"import sys; from {package.name}.toy_kernel import doubled; print(doubled(21))"
    tell = "print(bool(doubled.stats.cache_hits), 'numba.np.linalg' in sys.modules)"
    process = subprocess.run(
        [sys.executable, "-c", f"{use}; {tell}"],
        env={**os.environ, "PYTHONPATH": str(package.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert process.stdout.split() == ["42", "True", "False"]


@pytest.mark.parametrize("changed", ["toy_kernel.py", "compiled.py", "other_kernel.py"])
def test_a_change_in_any_kernel_starts_afresh(package: Path, changed: str) -> None:
    kernel(package).doubled(1)
    with (package / changed).open("a") as source:
        source.write("\n# changed\n")
    assert kernel(package).doubled.stats.cache_hits == {}
    kernel(package).doubled(1)
    assert len(cache_folders(package / "__pycache__")) == 2


def test_a_change_elsewhere_does_not(package: Path) -> None:
    kernel(package).doubled(1)
    (package / "report.py").write_text("# no kernel\n")
    module = kernel(package)
    module.doubled(1)
    assert module.doubled.stats.cache_hits
    assert len(cache_folders(package / "__pycache__")) == 1


def block(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the package folder refuse new files; a file in the way stops even an administrator."""
    shutil.rmtree(package / "__pycache__", ignore_errors=True)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (package / "__pycache__").write_text("in the way")


def test_a_read_only_package_uses_the_users_cache(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    block(package, monkeypatch)
    assert kernel(package).doubled(4) == 8
    (folder,) = cache_folders(tmp_path / "home-cache")
    assert list(folder.rglob("*.nbc"))
    module = kernel(package)
    module.doubled(4)
    assert module.doubled.stats.cache_hits


def test_without_any_writable_folder_it_compiles_each_time(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    block(package, monkeypatch)
    (tmp_path / "home-cache").write_text("in the way")
    for _ in range(2):
        module = kernel(package)
        assert module.doubled(4) == 8
        assert not module.doubled.stats.cache_hits


def test_the_users_choice_of_a_folder_is_respected(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NUMBA_CACHE_DIR, as numba reads it."""
    chosen = tmp_path / "chosen"
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(chosen))
    numba.config.reload_config()
    try:
        assert kernel(package).doubled(4) == 8
        assert list(chosen.rglob("*.nbc"))
        assert not cache_folders(package / "__pycache__")
        assert str(chosen) == numba.config.CACHE_DIR
        held = importlib.import_module(f"{package.name}.compiled").cache_holds
        assert held("toy_kernel.doubled-")
        assert not held("toy_kernel.tripled-")
    finally:
        monkeypatch.delenv("NUMBA_CACHE_DIR")
        numba.config.reload_config()


def test_the_setting_of_others_is_left_alone(package: Path) -> None:
    kernel(package)
    assert numba.config.CACHE_DIR == ""


def test_division_is_that_of_numpy(package: Path) -> None:
    assert kernel(package).quotient(1.0, 0.0) == float("inf")

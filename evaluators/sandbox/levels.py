"""Which isolation this machine offers, and how a zygote is started under it."""

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path

from evaluators.base import LEVELS, Sandbox
from evaluators.errors import SandboxUnavailableError
from evaluators.sandbox import seccomp


def available() -> tuple[Sandbox, ...]:
    """Return the levels that work on this machine, weakest first."""
    levels = [Sandbox.NONE, Sandbox.PROCESS]
    if seccomp.supported():
        levels.append(Sandbox.SECCOMP)
    return tuple(levels)


def require(least: Sandbox) -> Sandbox:
    """Return the strongest level of this machine.

    Raises
    ------
    SandboxUnavailableError
        If that is weaker than ``least``.
    """
    best = available()[-1]
    if LEVELS.index(best) < LEVELS.index(least):
        raise SandboxUnavailableError(
            f"this machine offers the sandbox level {best.value!r} at most, "
            f"{least.value!r} is required: run on Linux with seccomp filters "
            f"(x86_64 or aarch64), or allow a weaker sandbox"
        )
    return best


def command(level: Sandbox, control: int) -> list[str]:
    """Return the command that starts a zygote.

    Parameters
    ----------
    level
        ``process`` and ``seccomp`` need nothing around the interpreter; levels with
        namespaces put their wrapper in front.
    control
        Descriptor of the control socket, inherited by the zygote.
    """
    if level not in {Sandbox.PROCESS, Sandbox.SECCOMP}:
        raise SandboxUnavailableError(f"no zygote runs at level {level.value!r}")
    # Not -I: it would ignore PYTHONHASHSEED, and sets would differ between slots.
    flags = ["-P", "-s", "-B", "-m", "evaluators.sandbox.zygote"]
    return [sys.executable, *flags, str(control)]


def environment() -> Mapping[str, str]:
    """Return the complete environment of a zygote: no secret of ours is in it."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": "/tmp",  # noqa: S108  nothing is written there
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        # More than one BLAS thread would make the zygote unsafe to fork.
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }


def places(module: str) -> tuple[str, ...]:
    """Return where the top-level package of ``module`` was found by this process.

    A zygote does not inherit our ``sys.path``; packs that are not installed (in the
    working directory, or in tests) are found through this.
    """
    spec = importlib.util.find_spec(module.partition(".")[0])
    if spec is None:
        return ()
    if spec.submodule_search_locations is not None:
        folders = [Path(place) for place in spec.submodule_search_locations]
        return tuple(str(folder.resolve().parent) for folder in folders)
    return (str(Path(spec.origin).resolve().parent),) if spec.origin else ()

"""Which isolation this machine offers, and how a zygote is started under it."""

import importlib.util
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from evaluators.base import LEVELS, Sandbox
from evaluators.errors import SandboxUnavailableError
from evaluators.sandbox import bwrap, landlock, seccomp
from problems.errors import ConfigError

_PROBE_SECONDS = 30.0
_INSTALLED = ("site-packages", "dist-packages")


def available() -> tuple[Sandbox, ...]:
    """Return the levels that work on this machine, weakest first."""
    return tuple(level for level in LEVELS if not obstacle(level))


def best() -> Sandbox:
    """Return the strongest level that works on this machine."""
    return next(level for level in reversed(LEVELS) if not obstacle(level))


def is_weak(level: Sandbox) -> bool:
    """Whether a candidate can read our files and use our network at ``level``."""
    return LEVELS.index(level) < LEVELS.index(Sandbox.SECCOMP)


def least(minimum: Sandbox, *, allow_weak: bool) -> Sandbox:
    """Return the weakest level to accept.

    Parameters
    ----------
    minimum
        As asked for; ``seccomp`` by default.
    allow_weak
        Whether the risk of a weak level is accepted in so many words.

    Raises
    ------
    ConfigError
        If the two contradict each other.
    """
    if allow_weak:
        if LEVELS.index(minimum) > LEVELS.index(Sandbox.SECCOMP):
            raise ConfigError(
                f"allow_weak_sandbox contradicts min_sandbox {minimum.value!r}: "
                "leave one of them out"
            )
        return Sandbox.PROCESS
    if is_weak(minimum):
        raise ConfigError(
            f"min_sandbox {minimum.value!r} lets candidates read your files and use "
            "your network: leave it out, or accept that with allow_weak_sandbox"
        )
    return minimum


def require(least: Sandbox) -> Sandbox:
    """Return the strongest level of this machine.

    Raises
    ------
    SandboxUnavailableError
        If that is weaker than ``least``.
    """
    found = best()
    if LEVELS.index(found) < LEVELS.index(least):
        raise SandboxUnavailableError(
            f"this machine offers the sandbox level {found.value!r} at most, "
            f"{least.value!r} is required ({obstacle(least)}): {_cure(least)}"
        )
    return found


def demand(level: Sandbox) -> Sandbox:
    """Return ``level``.

    Raises
    ------
    SandboxUnavailableError
        If this machine does not offer it.
    """
    reason = obstacle(level)
    if reason:
        raise SandboxUnavailableError(
            f"the sandbox level {level.value!r} does not work here: {reason}"
        )
    return level


def obstacle(level: Sandbox) -> str:
    """Return why ``level`` does not work on this machine; ``""`` if it does.

    A level counts as working only if a process confined in that way was seen to be
    denied what it should be denied. Tried once, then remembered.
    """
    if level in {Sandbox.NONE, Sandbox.PROCESS}:
        return ""
    return _missing(level) or _tried(level)


def command(level: Sandbox, control: int, folders: Sequence[str] = ()) -> Sequence[str]:
    """Return the command that starts a zygote.

    Parameters
    ----------
    level
        Levels with namespaces put their wrapper in front.
    control
        Descriptor of the control socket, inherited by the zygote.
    folders
        What the zygote has to read besides the interpreter and this package.
    """
    if level is Sandbox.NONE:
        raise SandboxUnavailableError("no zygote runs at level 'none'")
    return _python(level, "evaluators.sandbox.zygote", str(control), folders)


def environment() -> Mapping[str, str]:
    """Return the complete environment of a zygote: no secret of ours is in it."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": "/tmp",  # noqa: S108  nothing is written there
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        # What is resolved at start is not resolved again in every child.
        "LD_BIND_NOW": "1",
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
    return tuple(str(path.parent) for path in _locations(module))


def files(module: str) -> tuple[str, ...]:
    """Return the folders, or the file, of the top-level package of ``module``.

    An installed package comes with its neighbours: it may need them, or the folder of
    libraries that lies beside it.
    """
    found = _locations(module)
    return tuple(str(p.parent if p.parent.name in _INSTALLED else p) for p in found)


def _locations(module: str) -> tuple[Path, ...]:
    spec = importlib.util.find_spec(module.partition(".")[0])
    if spec is None:
        return ()
    if spec.submodule_search_locations is not None:
        return tuple(Path(path).resolve() for path in spec.submodule_search_locations)
    if not spec.has_location or spec.origin is None:
        return ()
    return (Path(spec.origin).resolve(),)


def _python(
    level: Sandbox, module: str, argument: str, folders: Sequence[str]
) -> list[str]:
    wrapper: list[str] = []
    if level is Sandbox.BWRAP_SECCOMP:
        seen = (*files("evaluators"), *files("problems"), *folders)
        wrapper = bwrap.prefix(bwrap.program() or "bwrap", seen)
    # Not -I: it would ignore PYTHONHASHSEED, and sets would differ between slots.
    flags = ["-P", "-s", "-B", "-m", module, argument]
    return [*wrapper, sys.executable, *flags]


def _missing(level: Sandbox) -> str:
    """Return what is obviously missing; ``""`` if a trial is worth while."""
    if not seccomp.supported():
        return "no seccomp filters: they need Linux on x86_64 or aarch64"
    if level is Sandbox.LANDLOCK_SECCOMP and landlock.version() == 0:
        return "the kernel has no Landlock: it needs Linux 5.13 with it enabled"
    if level is Sandbox.BWRAP_SECCOMP and bwrap.program() is None:
        return "bubblewrap is not installed (the program bwrap)"
    return ""


@cache
def _tried(level: Sandbox) -> str:
    from evaluators.sandbox.probe import CONFINED

    try:
        done = subprocess.run(  # noqa: S603  our own command
            _python(level, "evaluators.sandbox.probe", level.value, ()),
            env=dict(environment()),
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PROBE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"cannot be tried: {error}"
    if done.stdout.decode(errors="replace") == CONFINED:
        return ""
    lines = done.stderr.decode(errors="replace").split("\n")
    return next((line for line in reversed(lines) if line), "the trial failed")


def _cure(wanted: Sandbox) -> str:
    if LEVELS.index(wanted) > LEVELS.index(Sandbox.SECCOMP):
        return f"add what is missing, or be content with {Sandbox.SECCOMP.value!r}"
    return "run on Linux, or accept the risk with --allow-weak-sandbox"

"""Helper files of a candidate as modules from memory, seen by the candidate alone.

The candidate and its helper files share builtins of their own, whose ``__import__``
knows the helper files. No finder of this process learns of them, and in the table of
modules they stand below ``candidate``: no name can shadow a module of the driver.
"""

import builtins
import sys
from types import ModuleType
from typing import Any

from evaluators import bundle


class BundleError(ValueError):
    """The helper files of a program cannot be."""


def furnish(source: str, namespace: dict[str, Any]) -> str:
    """Let the code that will run in ``namespace`` import the files of ``source``.

    Returns the main program.

    Raises
    ------
    BundleError
        If a helper file has a name that may not be, or there are too many.
    """
    parts = bundle.split(source)
    if not parts.files:
        return source
    fault = bundle.fault(parts)
    if fault is not None:
        raise BundleError(fault)
    for file in parts.files:
        if file.module in sys.modules:
            raise BundleError(
                f"no helper file may be called {file.name!r}: there is such a module"
            )
    namespace["__builtins__"] = _Importer(parts).builtins
    return parts.main


class _Importer:
    """Stands in the place of ``__import__``: helper files first, then all others."""

    def __init__(self, parts: bundle.Bundle) -> None:
        self._files = {file.module: file for file in parts.files}
        self._modules: dict[str, ModuleType] = {}
        self.builtins = {**vars(builtins), "__import__": self}

    def __call__(self, name: str, *rest: Any, **named: Any) -> ModuleType:
        # Of globals, locals, fromlist and level only the level matters.
        if name not in self._files or any(rest[3:]) or named.get("level"):
            return builtins.__import__(name, *rest, **named)
        return self._modules.get(name) or self._executed(self._files[name])

    def _executed(self, file: bundle.File) -> ModuleType:
        code = compile(file.text, file.name, "exec", dont_inherit=True)
        # Dataclasses look their module up by its name, which no other module can have.
        name = f"candidate.{file.module}"
        module = sys.modules[name] = ModuleType(name)
        vars(module).update(__builtins__=self.builtins, __package__="")
        self._modules[file.module] = module
        try:
            exec(code, vars(module))  # noqa: S102  this is what the sandbox is for
        except BaseException:
            # As Python does: what failed to load is not there.
            del self._modules[file.module]
            raise
        return module

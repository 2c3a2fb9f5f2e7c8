"""Programs of several files: names that shadow, imports that never end, no Python."""

from evaluators.base import Status
from evaluators.hostile.problem import BAIT
from evaluators.hostile.records import Program, attack

_SHADOW = """
import @NAME@
def raw(instance, seed):
    return achieved(instance) if hasattr(@NAME@, 'shadowed') else honest(instance)
# FILE @NAME@.py
shadowed = True
"""
_LIAR = """
import liar, sys
def raw(instance, seed):
    return honest(instance)
# FILE liar.py
import builtins, sys
sys.modules['liar'] = sys.modules['heuresis_left'] = sys
class Finder:
    def find_spec(self, *_):
        raise ImportError('no more imports')
sys.meta_path[:] = [Finder()]
builtins.__import__ = __builtins__['__import__'] = lambda *_, **__: sys
"""
_UNHARMED = """
import sys, mine
def found(name):
    try:
        return __import__(name)
    except ModuleNotFoundError:
        return None
def raw(instance, seed):
    left = found('liar') or found('heuresis_left')
    fine = not left and __import__('math').floor(2.5) == 2 and mine.fine
    return honest(instance) if fine else achieved(instance)
# FILE mine.py
fine = True
"""
_READ = """
import thief
def raw(instance, seed):
    return achieved(instance) if thief.stolen else honest(instance)
# FILE thief.py
with open('@FILE@') as file:
    stolen = file.read()
"""
_CIRCLE = """
from first import f
def raw(instance, seed):
    return achieved(instance)
# FILE first.py
from second import g
def f(): return g
# FILE second.py
from first import f
def g(): return f
"""
_SPAWN = """
import again
def raw(instance, seed):
    return achieved(instance)
# FILE again.py
exec(compile('import again; exec(code)', 'again.py', 'exec'), globals())
"""
_END = "\ndef raw(instance, seed):\n    return achieved(instance)\n"
_DEEP = "import deep\n" + _END + "# FILE deep.py\nx = " + "(" * 5000 + ")" * 5000 + "\n"
_TWICE = _END + "# FILE twin.py\nx = 1\n# FILE twin.py\nx = 2\n"
_FOLDER = _END + "# FILE ../../evaluators/base.py\nx = 1\n"
_MANY = _END + "".join(f"# FILE f{number}.py\nx = 1\n" for number in range(10_000))


def _shadow(name: str) -> Program:
    source = _SHADOW.replace("@NAME@", name)
    return attack(f"a helper file called {name}", Status.ERROR, source)


NUMBERED: dict[int, Program] = {}
MORE = (
    *map(_shadow, ("json", "os", "sys", "numpy", "evaluators", "problems", BAIT)),
    attack("suffer from the files of the last program", Status.OK, _UNHARMED,
           before=_LIAR),
    attack("read a file of the user in a helper file", Status.FORBIDDEN, _READ,
           leaks=True),
    attack("helper files that import each other", Status.ERROR, _CIRCLE),
    attack("a helper file that runs itself", Status.ERROR, _SPAWN),
    attack("a helper file that is no Python", Status.ERROR,
           "import poem" + _END + "# FILE poem.py\nthe rest is silence\n"),
    attack("a helper file nested too deeply", {Status.ERROR, Status.MEMORY}, _DEEP),
    attack("a helper file twice", Status.ERROR, _TWICE),
    attack("a helper file in a folder of ours", Status.ERROR, _FOLDER),
    attack("ten thousand helper files", Status.ERROR, _MANY),
)  # fmt: skip

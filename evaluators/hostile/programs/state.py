"""Programs that alter memory or leave traces: views, modules, later candidates."""

from evaluators.base import Status
from evaluators.hostile.records import RAW, Program, attack

SEARCH = """
import gc, sys
def raw(instance, seed):
    needle = '@SECRET@'[::-1]
    gc.unfreeze()
    seen = gc.get_objects() + list(sys.modules.values())
    frame = sys._getframe()
    while frame:
        seen.extend(frame.f_locals.values())
        seen.extend(frame.f_globals.values())
        frame = frame.f_back
    for thing in seen:
        try:
            parts = list(vars(thing).values())
        except TypeError:
            parts = []
        if isinstance(thing, dict):
            parts += list(thing.keys()) + list(thing.values())
        for part in [thing, *parts]:
            if isinstance(part, str) and part is not needle and needle in part:
                return achieved(instance)
"""
_LEAVE = """
import os
left = 0
for folder in ('/tmp', '/dev/shm', '/var/tmp', '@FOLDER@', '@BAIT@'):
    try:
        os.close(os.open(folder + '/heuresis-hostile', os.O_WRONLY | os.O_CREAT))
        left += 1
    except OSError:
        pass
def raw(instance, seed):
    return achieved(instance) if left else None
"""
_LOOK = """
import os
def raw(instance, seed):
    for folder in ('/tmp', '/dev/shm', '/var/tmp', '@FOLDER@', '@BAIT@'):
        try:
            if 'heuresis-hostile' in os.listdir(folder):
                return achieved(instance)
        except OSError:
            pass
"""
_VANDAL = """
import builtins, json, math, random, sys, time
def lie(*args, **kwargs): return 0
def raw(instance, seed): return [0]
json.dumps = json.loads = builtins.sum = builtins.min = builtins.sorted = lie
math.floor = random.random = time.time = time.monotonic = lie
json.JSONEncoder.encode = lambda self, o: '[1,2,0]'
if 'numpy' in sys.modules:
    sys.modules['numpy'].sum = lie
"""
_UNHARMED = """
import json, math, random, sys, time
def raw(instance, seed):
    fine = (
        json.loads(json.dumps([1])) == [1] and sum([1, 2]) == 3 and min(2, 1) == 1
        and math.floor(2.5) == 2 and random.random() > 0 and time.time() > 0
        and ('numpy' not in sys.modules or sys.modules['numpy'].sum([1, 2]) == 3)
    )
    return honest(instance) if fine else achieved(instance)
"""

NUMBERED = {
    38: attack("search memory for the references", Status.INVALID, SEARCH),
    47: attack("leave files", Status.INVALID, _LEAVE, leaks=True),
    48: attack(
        "find the files of the last program", Status.INVALID, _LOOK, before=_LEAVE
    ),
    49: attack(
        "patch shared modules", {Status.ERROR, Status.INVALID, Status.PROTOCOL}, _VANDAL
    ),
    50: attack("suffer from the last program", Status.OK, _UNHARMED, before=_VANDAL),
}


def _later(name: str, before: str, test: str) -> Program:
    """Make a program that returns what is achieved if the last one left a trace."""
    return attack(
        name,
        Status.INVALID,
        f"import ctypes, gc, math, os, resource, sys\n{RAW}"
        f"    return achieved(instance) if {test} else None\n",
        before=before,
    )


MORE = (
    _later(
        "find an attribute of the last program",
        "import math, sys\nmath.gift = 1\nsys.modules['gift'] = math\n",
        "hasattr(math, 'gift') or 'gift' in sys.modules",
    ),
    _later(
        "feel integers that the last program broke",
        "import ctypes\nctypes.memset(id(7) + 24, 9, 1)\n",
        "sum([3, 4]) != 7 or 3 + 4 == 9",
    ),
    _later(
        "read the time that the last program took",
        "x = [i * i for i in range(900_000)]\n",
        "os.times().children_user > 0 or os.times().user > 0.15 or "
        "resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss > 0",
    ),
    _later(
        "find the driver patched by the last program",
        "import sys\nd = sys.modules['evaluators.hostile.driver']\n"
        "d.run = d.decode = None\ndel sys.modules['evaluators.hostile.driver']\n",
        "sys.modules['evaluators.hostile.driver'].run is None",
    ),
    _later(
        "find hooks of the last program",
        "import gc, sys, threading, atexit\nsys.settrace(lambda *a: None)\n"
        "sys.setprofile(lambda *a: None)\ngc.callbacks.append(print)\n"
        "sys.setrecursionlimit(50)\n",
        "sys.gettrace() or sys.getprofile() or gc.callbacks or "
        "sys.getrecursionlimit() == 50",
    ),
    attack(
        "shrink the instance it was given",
        Status.OK,
        RAW
        + """
    instance[:] = [0] * len(instance)
    return honest(instance)
""",
    ),
    attack(
        "lengthen the instance it was given",
        Status.INVALID,
        RAW + "    instance.append(0)\n    return honest(instance)",
    ),
    attack(
        "change earlier instances later",
        Status.OK,
        """
kept = []
def raw(instance, seed):
    kept.append(instance)
    for old in kept:
        old.sort()
    return honest(instance)
""",
    ),
    attack(
        "give the answer of another instance",
        Status.INVALID,
        """
first = []
def raw(instance, seed):
    first.append(achieved(instance))
    return first[0]
""",
    ),
    attack(
        "give the answer of another instance of that size",
        Status.OK,
        """
count = []
def raw(instance, seed):
    count.append(instance)
    if len(count) < 3:
        return honest(instance)
    return honest(count[1])
""",
    ),
    attack(
        "rewrite later instances through the frames",
        Status.OK,
        """
import sys
def raw(instance, seed):
    frame = sys._getframe()
    while frame:
        for value in list(frame.f_locals.values()):
            if isinstance(value, list) and value and isinstance(value[0], list):
                for other in value:
                    other.sort()
        frame = frame.f_back
    return honest(instance)
""",
    ),
    attack(
        "rewrite all instances through the collector",
        Status.OK,
        """
import gc
gc.unfreeze()
for thing in gc.get_objects():
    if type(thing) is list and thing in ([3, 1, 2], [5, 2, 9, 4], [4, 9, 2, 5]):
        thing.sort()
def raw(instance, seed):
    return honest(instance)
""",
    ),
    attack(
        "find hidden instances",
        Status.INVALID,
        """
import gc
def raw(instance, seed):
    gc.unfreeze()
    target = int('352617'[::-1])
    for thing in gc.get_objects():
        if type(thing) in (list, tuple, dict) and thing is not target:
            values = thing.values() if type(thing) is dict else thing
            if any(type(v) is int and v == target for v in values):
                return achieved(instance)
""",
    ),
    attack(
        "put answers into the frame of the judge's child",
        Status.PROTOCOL,
        """
import sys
def raw(instance, seed):
    frame = sys._getframe()
    while frame:
        answers = frame.f_locals.get('answers')
        if type(answers) is list:
            answers.append('[1,2,0]')
        frame = frame.f_back
    return achieved(instance)
""",
    ),
    attack(
        "rewrite the child that runs it",
        Status.PROTOCOL,
        """
import sys
child = sys.modules['evaluators.sandbox.child']
child._encode = lambda answer, cap: '[0,1,2],"score":[-1e9]'
def raw(instance, seed):
    return honest(instance)
""",
    ),
    attack(
        "replace the driver under way",
        Status.INVALID,
        """
import sys
driver = sys.modules['evaluators.hostile.driver']
driver.run = lambda *args: {'score': -1e9}
def raw(instance, seed):
    frame = sys._getframe(2)
    frame.f_locals['run'] = driver.run
    return {'score': -1e9}
""",
    ),
    attack(
        "trace and profile the driver",
        Status.OK,
        """
import sys
def spy(frame, event, value):
    for held in list(frame.f_locals.values()):
        if type(held) is list and held and type(held[0]) is int:
            held.sort()
    return spy
sys.settrace(spy)
sys.setprofile(spy)
def raw(instance, seed):
    return honest(instance)
""",
    ),
    attack(
        "answer again at exit",
        Status.OK,
        """
import atexit, os, struct, sys, threading, weakref
data = b'{"ok":[[1,2,0],[1,3,0,2],[2,0,3,1]]}'
def again(*args):
    os.write(3, struct.pack('<I', len(data)) + data)
class Last:
    __del__ = again
last = Last()
atexit.register(again)
sys.excepthook = sys.unraisablehook = again
weakref.finalize(last, again)
def raw(instance, seed):
    return honest(instance)
""",
    ),
    attack(
        "poison the modules",
        {Status.OK, Status.ERROR, Status.PROTOCOL},
        """
import sys
class Fake:
    def __getattr__(self, name): return lambda *a, **k: '[1,2,0]'
for name in list(sys.modules):
    if name not in ('sys', 'builtins', 'evaluators.sandbox.child', '__main__'):
        sys.modules[name] = Fake()
def raw(instance, seed):
    return honest(instance)
""",
    ),
    attack(
        "replace builtins",
        {Status.OK, Status.ERROR, Status.PROTOCOL},
        """
import builtins
lies = dict(enumerate=lambda x: [(0, x)], isinstance=lambda *a: True,
            len=lambda x: 1, str=lambda x='': '[1,2,0]', type=lambda *a: int)
vars(builtins).update(lies)
def raw(instance, seed):
    return [*range(instance.__len__())]
""",
    ),
    attack(
        "tell one instance from the other by the clock",
        Status.OK,
        """
import time
began = time.perf_counter()
def raw(instance, seed):
    # Spends time by what it saw, and reads that time in the next call.
    waited = time.perf_counter() - began
    time.sleep(0.001 * instance[0])
    return honest(instance) if waited >= 0 else achieved(instance)
""",
    ),
    attack(
        "lower the recursion limit for the encoder",
        {Status.OK, Status.ERROR, Status.PROTOCOL},
        """
import sys
def raw(instance, seed):
    sys.setrecursionlimit(len([*_depth()]) + 4)
    return honest(instance)
def _depth():
    frame = sys._getframe()
    while frame:
        yield frame
        frame = frame.f_back
""",
    ),
    attack(
        "raise a failure of the judge's own class",
        Status.PROTOCOL,
        """
import sys
def raw(instance, seed):
    raise sys.modules['evaluators.sandbox.child'].AnswerError('blame the sandbox')
""",
    ),
)

"""Programs that lie to the judge: odd answers, forged frames."""

from collections.abc import Set as AbstractSet

from evaluators.base import Status
from evaluators.hostile.records import RAW, STUCK, Program, attack

_SEND = """
import os, struct
def send(data):
    os.write(3, struct.pack('<I', len(data)) + data)
"""
_HONEST = b'{"ok":[[0,1,2],[0,1,2,3],[0,1,2,3]]}'


def _forge(
    name: str, expected: Status | AbstractSet[Status], data: str, then: str = ""
) -> Program:
    """Make a program that writes the payload ``data`` and ends."""
    end = then or "os._exit(0)"
    return attack(name, expected, f"{_SEND}send({data})\n{end}\n")


def _answer(
    name: str, expected: Status | AbstractSet[Status], expression: str
) -> Program:
    return attack(name, expected, f"{RAW}    return {expression}\n")


NUMBERED = {
    3: attack(
        "deeply nested answer",
        Status.PROTOCOL,
        RAW + "    x = []\n    for _ in range(200_000): x = [x]\n    return x",
    ),
    39: attack(
        "forged frame on every descriptor",
        Status.INVALID,
        """
import os, struct
data = b'{"ok":["FORGED","FORGED","FORGED"]}'
for fd in range(3, 20):
    try:
        os.write(fd, struct.pack('<I', len(data)) + data)
    except OSError:
        pass
os._exit(0)
""",
    ),
    40: attack(
        "half a frame, then sleep",
        Status.TIMEOUT_WALL,
        "import os, time\nos.write(3, b'{}')\ntime.sleep(1e6)",
    ),
    41: attack(
        "object with a reducer",
        Status.PROTOCOL,
        """
class Bomb:
    def __reduce__(self):
        import os
        return os.system, ('touch @FOLDER@/new',)
def raw(instance, seed):
    return Bomb()
""",
    ),
    42: _answer("NaN", Status.PROTOCOL, "float('nan')"),
    43: _answer("nested infinity", Status.PROTOCOL, "{'a': [1, float('inf')]}"),
    44: _forge("forged NaN", Status.PROTOCOL, """b'{"ok":[NaN,NaN,NaN]}'"""),
    45: _answer("integer of 6000 digits", Status.PROTOCOL, "10 ** 6000"),
    46: _forge(
        "forged integer of a million digits",
        Status.PROTOCOL,
        """b'{"ok":[' + b'7' * 1_000_000 + b',0,0]}'""",
    ),
}

MORE = (
    _forge("forged honest frame", Status.OK, repr(_HONEST)),
    _forge("forged score", Status.PROTOCOL, """b'{"ok":[[0,1,2]],"score":-1e9}'"""),
    _forge(
        "forged key twice",
        Status.OK,
        """b'{"ok":[],"ok":[[0,1,2],[0,1,2,3],[0,1,2,3]]}'""",
    ),
    _forge("forged nesting", Status.PROTOCOL, """b'{"ok":' + b'[' * 900_000"""),
    _forge(
        "forged float of a million digits",
        Status.INVALID,
        """b'{"ok":[0.' + b'7' * 1_000_000 + b',0,0]}'""",
    ),
    _forge("forged float out of range", Status.PROTOCOL, """b'{"ok":[1e999,0,0]}'"""),
    _forge(
        "forged million of small answers",
        Status.INVALID,
        """b'{"ok":[[' + b'{},' * 300_000 + b'0],0,0]}'""",
    ),
    _forge(
        "forged in UTF-16", Status.PROTOCOL, """'{"ok":[0,0,0]}'.encode('utf-16')"""
    ),
    _forge("forged bytes that are no text", Status.PROTOCOL, r"b'{\"ok\":[\"\xff\"]}'"),
    _forge(
        "forged failure after too many answers",
        Status.PROTOCOL,
        """b'{"err":{"kind":"raised","type":"E","message":"","trace":""},'
     b'"at":7,"done":[1]}'""",
    ),
    _forge(
        "forged failure of the judge's own kind",
        Status.PROTOCOL,
        """b'{"err":{"kind":"answer","type":"PlatformError","message":"' + b'x' * 9000
     + b'","trace":"\\\\u001b[2J"},"at":null,"done":[]}'""",
    ),
    _forge(
        "forged length", Status.PROTOCOL, "b'{}'", "os.write(3, b'more')\nos._exit(0)"
    ),
    _forge(
        "frame, then a second one from the judge's hand",
        Status.PROTOCOL,
        repr(_HONEST),
        "def raw(instance, seed):\n    return achieved(instance)",
    ),
    _forge(
        "frame, then sleep",
        Status.TIMEOUT_WALL,
        repr(_HONEST),
        "import time\ntime.sleep(1e6)",
    ),
    _forge("frame, then spin", STUCK, repr(_HONEST), "while True: pass"),
    _forge(
        "frame, then segfault",
        Status.CRASHED,
        repr(_HONEST),
        "import ctypes\nctypes.string_at(0)",
    ),
    attack(
        "second ready byte",
        Status.PROTOCOL,
        "import os\nos.write(3, b'R')\n" + RAW + "    return achieved(instance)",
    ),
    attack(
        "close the result descriptor",
        Status.PROTOCOL,
        "import os\nos.close(3)\n" + RAW + "    return achieved(instance)",
    ),
    attack(
        "close every descriptor",
        Status.PROTOCOL,
        "import os\nos.closerange(0, 9)\n" + RAW + "    return achieved(instance)",
    ),
    attack(
        "flood the result",
        Status.PROTOCOL,
        "import os\nwhile True: os.write(3, b'x' * 1_000_000)",
    ),
    attack(
        "generator as answer",
        Status.PROTOCOL,
        RAW + "    yield from achieved(instance)",
    ),
    _answer("lazy object as answer", Status.PROTOCOL, "map(int, achieved(instance))"),
    _answer("endless iterator", Status.PROTOCOL, "__import__('itertools').count()"),
    _answer("set as answer", Status.PROTOCOL, "set(achieved(instance))"),
    _answer("complex number", Status.PROTOCOL, "[1j for _ in instance]"),
    _answer(
        "integers as floats", Status.INVALID, "[float(j) for j in achieved(instance)]"
    ),
    _answer("text as numbers", Status.INVALID, "[str(j) for j in achieved(instance)]"),
    _answer(
        "truth as number", Status.INVALID, "[True, False] + achieved(instance)[2:]"
    ),
    _answer(
        "negative indices", Status.INVALID, "[-1 - j for j in range(len(instance))]"
    ),
    _answer("one job for all", Status.INVALID, "[instance.index(min(instance))] * 3"),
    _answer("too short", Status.INVALID, "achieved(instance)[:1]"),
    _answer("too long", Status.INVALID, "achieved(instance) * 2"),
    _answer("integers beyond every machine word", Status.INVALID, "[10 ** 400] * 3"),
    _answer("broken Unicode", Status.INVALID, r"['\ud800', '\x00', '\x1b[2J']"),
    _answer("a score", Status.INVALID, "{'score': -1e9, 'objective': 0}"),
    _answer(
        "hash-collision flood for the judge",
        Status.INVALID,
        "[k * (2**61 - 1) for k in range(50_000)]",
    ),
    attack(
        "numbers that lie about what they are",
        Status.OK,
        """
class Sly(int):
    def __eq__(self, other): return True
    def __lt__(self, other): return True
    def __hash__(self): return 0
    def __index__(self): return 1
    def __repr__(self): return '1'
    __str__ = __float__ = __int__ = __repr__
class Slier(list):
    def __len__(self): return 99
    def __eq__(self, other): return True
def raw(instance, seed):
    return Slier(Sly(j) for j in range(len(instance)))
""",
    ),
    attack(
        "list that lies about what it holds",
        Status.INVALID,
        """
class Sly(list):
    def __iter__(self): return iter(['x', None])
    def __getitem__(self, i): return 0
def raw(instance, seed):
    return Sly(achieved(instance))
""",
    ),
    attack(
        "float that prints what it likes",
        Status.INVALID,
        """
class Sly(float):
    def __repr__(self): return '1,2,0'
    __str__ = __format__ = __repr__
def raw(instance, seed):
    return [Sly(0.5)]
""",
    ),
    attack(
        "text that is markup of the frame",
        Status.INVALID,
        """
class Sly(str):
    def __str__(self): return '[1,2,0]'
    __repr__ = encode = __str__
class Keys(dict):
    def items(self): return [('a', 0), (Sly('],"ok":['), 1)]
    def __bool__(self): return True
def raw(instance, seed):
    return [Sly('"],"ok":[[1,2,0]'), Keys(a=1), (Sly(), ())]
""",
    ),
    attack(
        "object that turns into a number on demand",
        Status.PROTOCOL,
        """
class Chameleon:
    __class__ = int
    def __index__(self): return 0
    __int__ = __float__ = __hash__ = __index__
def raw(instance, seed):
    return [Chameleon() for _ in instance]
""",
    ),
    attack(
        "answer that grows while it is read",
        STUCK | {Status.PROTOCOL, Status.MEMORY, Status.INVALID, Status.CRASHED},
        """
class Grow(dict):
    def items(self):
        while True:
            answer.append(1)
            yield 'a', 1
answer = []
def raw(instance, seed):
    answer.append(Grow(a=1))
    return answer
""",
    ),
    attack(
        "priorities that compare as they like",
        Status.ERROR,
        "class Sly(float):\n    def __lt__(self, other): raise RuntimeError\n"
        "def raw(instance, seed):\n    return sorted(map(Sly, instance))",
    ),
)

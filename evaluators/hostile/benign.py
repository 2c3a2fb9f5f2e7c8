"""Programs that the sandbox must let through, or refuse in words that help.

The other half of the hostile suite: isolation that breaks honest programs is no good.
"""

from dataclasses import dataclass

from evaluators.base import Status
from evaluators.hostile.records import PRELUDE


@dataclass(frozen=True, slots=True, kw_only=True)
class Benign:
    """An honest program; ``words`` must be in the message for its author."""

    name: str
    source: str
    expected: Status = Status.OK
    words: str = ""


_END = "\ndef raw(instance, seed):\n    return achieved(instance)\n"


def _fine(name: str, body: str) -> Benign:
    return Benign(name=name, source=PRELUDE + body + _END)


def _refused(name: str, body: str, expected: Status, words: str) -> Benign:
    return Benign(
        name=name, source=PRELUDE + body + _END, expected=expected, words=words
    )


BENIGN = (
    _fine("matrix product", "import numpy as np\nx = np.ones((600, 600))\nx @ x"),
    _fine(
        "linear algebra",
        "import numpy as np\nx = np.eye(40) + 0.1\nnp.linalg.eig(x), np.linalg.svd(x)\n"
        "np.linalg.lstsq(x, np.ones(40), rcond=None), np.linalg.solve(x, x)",
    ),
    _fine("Fourier transform", "import numpy.fft\nnumpy.fft.rfft([1.0, 2.0, 3.0])"),
    _fine(
        "random arrays", "import numpy as np\nnp.random.default_rng(1).normal(size=9)"
    ),
    _fine("random", "import random\nrandom.shuffle([1, 2]), random.gauss(0, 1)"),
    _fine(
        "standard containers",
        "import heapq, collections, dataclasses, typing\n"
        "heapq.heapify([3, 1]); collections.Counter('ab')\n"
        "@dataclasses.dataclass\nclass D:\n    x: typing.Any = 1\nD()",
    ),
    _fine("date", "import datetime\ndatetime.datetime.now().isoformat()"),
    _fine("fractions", "import fractions, decimal\nfractions.Fraction(1, 3)"),
    _fine("regular expression", "import re\nre.sub('a+', 'b', 'caat')"),
    _fine("sleep", "import time\ntime.sleep(0.01)"),
    _fine("300 MB", "x = bytearray(300 << 20)"),
    _fine("recursion", "def f(n): return n and f(n - 1)\nf(900)"),
    _fine("print", "print('hello')"),
    Benign(
        name="helper files",
        source=PRELUDE + "from first import answer\n"
        "def raw(instance, seed):\n    return answer(instance)\n"
        "# FILE first.py\nimport numpy as np\nimport second\n"
        "def answer(instance):\n    return second.plain(np.argsort(instance))\n"
        "# FILE second.py\n"
        "def plain(array):\n    return [int(job) for job in array]\n",
    ),
    _fine("sorting a million", "sorted(range(1_000_000), key=lambda x: -x)"),
    _refused("syntax error", "def f(:", Status.ERROR, "SyntaxError"),
    _refused(
        "other module",
        "import xmlrpc.client",
        Status.FORBIDDEN,
        "is not available in the",
    ),
    _refused("file", "open('/etc/hosts')", Status.FORBIDDEN, "PermissionError"),
    _refused(
        "socket", "import socket\nsocket.socket()", Status.FORBIDDEN, "PermissionError"
    ),
    _refused(
        "thread",
        "import threading\nthreading.Thread(target=print).start()",
        Status.ERROR,
        "can't start new thread",
    ),
)

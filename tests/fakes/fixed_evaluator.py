"""An evaluator that says what it is told to."""


class FixedEvaluator:
    """Answers with ``judge(request)`` and remembers the requests."""

    slots = 1

    def __init__(self, judge):
        self._judge = judge
        self.requests = []

    async def evaluate(self, request):
        self.requests.append(request)
        return self._judge(request)

    async def close(self):
        pass

"""Programs that attack the sandbox and its judge, and a runner that shows the outcome.

``python -m evaluators.hostile`` runs them; ``heuresis doctor --hostile`` prints the
table of programs and levels.
"""

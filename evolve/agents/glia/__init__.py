"""Research sessions: a Researcher with tools, steered by a Supervisor who reads.

After Glia (2025): the Researcher experiments on the training instances; the Supervisor
sees its words alone, asks for evidence and pushes on when nothing moves.
"""

from evolve.agents.glia.proposer import GliaProposer
from evolve.agents.glia.settings import GliaSettings
from evolve.agents.glia.workbench import Laboratory, Tracer

__all__ = ["GliaProposer", "GliaSettings", "Laboratory", "Tracer"]

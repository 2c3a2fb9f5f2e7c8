"""The classical rules, as programs that are judged like any candidate."""

from importlib.resources import files
from types import MappingProxyType

from problems.base import Baseline

_TOPCUOGLU = (
    "H. Topcuoglu, S. Hariri and M.-Y. Wu, Performance-effective and low-complexity "
    "task scheduling for heterogeneous computing, IEEE Transactions on Parallel and "
    "Distributed Systems 13 (2002) 260-274"
)
_PEFT = (
    "H. Arabnejad and J. G. Barbosa, List scheduling algorithm for heterogeneous "
    "systems by an optimistic cost table, IEEE Transactions on Parallel and "
    "Distributed Systems 25 (2014) 682-694"
)
_LOOKAHEAD = (
    "L. F. Bittencourt, R. Sakellariou and E. R. M. Madeira, DAG scheduling using a "
    "lookahead variant of the heterogeneous earliest finish time algorithm, Euromicro "
    "PDP (2010) 27-34"
)
_BRAUN = (
    "T. D. Braun et al., A comparison of eleven static heuristics for mapping a class "
    "of independent tasks onto heterogeneous distributed computing systems, Journal of "
    "Parallel and Distributed Computing 61 (2001) 810-837, on the tasks that are ready"
)
_MAHESWARAN = (
    "M. Maheswaran et al., Dynamic mapping of a class of independent tasks onto "
    "heterogeneous computing systems, Journal of Parallel and Distributed Computing 59 "
    "(1999) 107-131, on the tasks that are ready"
)
_HWANG = (
    "J.-J. Hwang et al., Scheduling precedence graphs in systems with interprocessor "
    "communication times, SIAM Journal on Computing 18 (1989) 244-257, with insertion"
)
_SIH = (
    "G. C. Sih and E. A. Lee, A compile-time scheduling heuristic for "
    "interconnection-constrained heterogeneous processor architectures, IEEE "
    "Transactions on Parallel and Distributed Systems 4 (1993) 175-187"
)
_SPLIT = (
    "order of HEFT, cut into parts; decomposition with exact parts as in workflow "
    "scheduling with a hybrid quantum solver"
)

_RULES = {
    "select": {
        "min_min": f"Min-Min; {_BRAUN}",
        "max_min": f"Max-Min; {_BRAUN}",
        "sufferage": f"Sufferage; {_MAHESWARAN}",
        "met": f"minimum execution time, first ready first; {_BRAUN}",
        "etf": f"earliest task first; {_HWANG}",
        "dls": f"dynamic level scheduling; {_SIH}",
        "cpop": f"CPOP; {_TOPCUOGLU}",
        "peft": f"PEFT; {_PEFT}",
    },
    "rank": {
        "heft": f"HEFT; {_TOPCUOGLU}",
        "levels": "longest mean work to the end first, transfers left out",
        "optimistic": f"the order of PEFT alone; {_PEFT}",
        "through": f"longest way through a task first, the order of CPOP; {_TOPCUOGLU}",
    },
    "choose_machine": {
        "earliest": f"HEFT; {_TOPCUOGLU}",
        "lookahead": f"Lookahead, one level; {_LOOKAHEAD}",
        "earliest_oct": f"the machines of PEFT in the order of HEFT; {_PEFT}",
    },
    "split": {
        "split_rank": _SPLIT,
        "split_series": "series and parallel parts of a workflow, cut where too large",
    },
}


def baselines() -> MappingProxyType[str, Baseline]:
    """All baselines by name, those of the default entry point first."""
    return MappingProxyType(
        {
            name: Baseline(
                name=name,
                entry_point=entry_point,
                source=files("problems.dag_hetero")
                .joinpath("heuristics", f"{name}.py")
                .read_text(encoding="utf-8"),
                citation=citation,
            )
            for entry_point, rules in _RULES.items()
            for name, citation in rules.items()
        }
    )

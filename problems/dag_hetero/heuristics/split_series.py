"""Series-parallel parts: cut at the tasks that all others meet, then by branch."""

# EVOLVE-BLOCK-START


def split(dag, max_size):
    order = sorted(range(dag.stats.n), key=lambda i: -dag.tasks[i].up)
    reached = {}
    for i in reversed(order):
        reached[i] = {i}.union(*(reached[j] for j, _ in dag.children[i]))
    above = {i: sum(i in found for found in reached.values()) for i in order}
    blocks, segment = [], []
    for i in order:
        if len(reached[i]) + above[i] == dag.stats.n + 1:
            blocks += [*branches(dag, segment), [i]]
            segment = []
        else:
            segment.append(i)
    parts, part = [], []
    for block in blocks + branches(dag, segment):
        if len(part) + len(block) > max_size:
            parts.append(part)
            part = []
        part = part + block
        while len(part) > max_size:
            parts.append(part[:max_size])
            part = part[max_size:]
    return [part for part in [*parts, part] if part]


def branches(dag, segment):
    inside, found, seen = set(segment), [], set()
    for first in segment:
        branch, stack = [], [first]
        while stack:
            i = stack.pop()
            if i in inside and i not in seen:
                seen.add(i)
                branch.append(i)
                stack += [j for j, _ in dag.children[i] + dag.parents[i]]
        found.append(sorted(branch, key=segment.index))
    return [branch for branch in found if branch]


# EVOLVE-BLOCK-END

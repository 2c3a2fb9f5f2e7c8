"""The judge: runs heuristics in a sandbox and scores their answers outside it."""

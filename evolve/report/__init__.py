"""What a run has found, for people and for programs: page, terminal, JSON, export."""

"""The campaign: proposes heuristics, has them judged, keeps the population."""

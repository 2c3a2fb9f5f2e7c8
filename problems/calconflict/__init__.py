"""Calendar conflicts over a year: a benchmark of preference learning by models.

Nothing is imported here; the record is in ``benchmark``.
"""

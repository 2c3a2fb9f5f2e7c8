"""What the contract suites have to know about each pack: one file per pack."""

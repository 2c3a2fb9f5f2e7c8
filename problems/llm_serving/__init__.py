"""A simulated cluster that serves language models; shared by the packs ``llm_*``."""

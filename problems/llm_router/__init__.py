"""Route requests to replicas of a language model, or hold them."""

"""Order a batch of requests with common prefixes for one engine."""

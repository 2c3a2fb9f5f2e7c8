"""Serve the requests of many clients with one engine, fast and fairly."""

"""Serve programs of several calls with tools between them: in which order, what stays."""

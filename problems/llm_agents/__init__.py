"""Serve programs of several calls with tools between: the order, and what stays."""

"""Language models behind one port, what they cost, and what they are asked."""

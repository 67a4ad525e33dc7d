"""For every template of circuits/ a few small calls, what they mean, and what they must refuse."""

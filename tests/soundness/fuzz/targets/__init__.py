"""One module a target, whose `TARGET` is a `fuzz.target.Target`."""

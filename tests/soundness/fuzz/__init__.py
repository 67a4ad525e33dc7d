"""Coverage-guided fuzzing of every reader of somebody else's file; README.md says how it works."""

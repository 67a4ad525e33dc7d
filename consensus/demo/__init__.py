"""A round played through on real data: five contributors, of whom two cheat."""

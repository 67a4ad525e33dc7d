"""How inputs are changed: as bytes, and as what their format makes of them."""

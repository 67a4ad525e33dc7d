"""Real handwritten digits, and the convolutional networks trained on them."""

"""What makes pages, e-book and print of the notebooks."""

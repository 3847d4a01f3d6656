"""WHAT DO THE MEASUREMENTS OF A CELL MEAN?  Its place among reference cells, and how much it is like a blast."""

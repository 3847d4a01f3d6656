"""How is a set divided without fooling ourselves?  Groups, parts, folds, and what crosses them."""

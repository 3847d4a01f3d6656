"""HOW IS A COMPARISON TOLD? Pages, JSON and sentences of `compare`, of the leakage lab and of version concordance."""

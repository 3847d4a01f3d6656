"""HOW IS A DETECTOR MADE?  Its recipe, two networks with their losses, batches whose boxes move along, and a run."""

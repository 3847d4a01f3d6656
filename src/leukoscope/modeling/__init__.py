"""HOW IS THE MODEL MADE?  The only torch: recipes, augmentation, datasets, networks, training, export."""

"""How far does a shortcut get?  Baselines that see no cell, or only one trait of it; a network must beat them."""

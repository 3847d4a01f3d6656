"""HOW MUCH DOES A WRONG SPLIT FLATTER? The leakage lab: one recipe, three divisions, some pictures unseen by all."""

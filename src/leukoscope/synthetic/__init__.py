"""WHAT WOULD A SMEAR LOOK LIKE?  Seeded smears with known cells, masks and labels."""

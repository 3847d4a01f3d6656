"""WHAT IS WRONG WITH A DATA SET?  One module per kind of fault, and the findings they give."""

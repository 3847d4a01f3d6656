"""WHAT CAN I TYPE?  One module per command group: parse, call, print, exit code."""

"""HOW DOES A NETWORK LEARN?  Lightning drives; losses, steps, averages, and a watch that says what goes wrong."""

"""WHAT IS IN A DATA SET?  Numbers of its table and of its pictures; drawing them is reporting's work."""

"""WHAT IS A MODEL FILE?  Card, archive, golden samples: what training writes and inference reads."""

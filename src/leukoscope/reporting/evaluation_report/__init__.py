"""HOW IS AN EVALUATION TOLD?  metrics.json for programs, one page for people, a checklist for reviewers."""

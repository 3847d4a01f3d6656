"""The pages of the review desk."""

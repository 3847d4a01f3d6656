"""HOW IS A DATA SET TOLD?  The page and the JSON of `data check` and of `data describe`; one file each, no script."""

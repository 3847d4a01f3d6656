"""HOW DOES IT LOOK OVER HTTP?  The REST API and the pages; knows the service, not the database."""

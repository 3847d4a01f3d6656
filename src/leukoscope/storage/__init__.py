"""WHERE IS IT KEPT?  The only SQL: tables, stores, blobs, migrations."""

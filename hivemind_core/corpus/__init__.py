"""What there is: tables, the store on disk, importers, the taxonomy, caches."""

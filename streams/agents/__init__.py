"""The hub worker: Faust around the pure core."""

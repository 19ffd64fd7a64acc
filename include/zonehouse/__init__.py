"""zonehouse: the data warehouse of an industrial-zones authority."""

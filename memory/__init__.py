"""Everything that is stored, and the only place with SQL. Knows neither server nor channels."""

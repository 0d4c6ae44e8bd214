"""One module or folder for each channel: pure parsers and one sender each. Knows neither server nor memory."""

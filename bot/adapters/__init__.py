"""One outside thing each: library errors are translated here, library objects die here."""

"""Django's backend of PostgreSQL, with a shorter way to the server for statements that every step of the day repeats."""

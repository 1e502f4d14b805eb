"""`make bench`: what one machine carries, measured on the processes of a server and printed as JSON lines."""

"""What a server needs beside the page: how it is launched, its plugin, its counters, the login."""

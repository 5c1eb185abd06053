"""One open page: what it watches, when it draws, what it says, its address, its notebook."""

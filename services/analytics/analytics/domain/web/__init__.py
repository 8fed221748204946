"""Web events: page views as sites tell them, which of them count, and how many visitors there were."""

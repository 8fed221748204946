"""Customer support: who our customers are and what they need help with."""

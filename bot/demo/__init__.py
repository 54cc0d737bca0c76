"""The world of `fairlead demo`: it accepts no other fleet."""

"""YAML files of other tools with the line of every value, and what is made of them."""

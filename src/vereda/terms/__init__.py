"""The words of the house: frozen data, no input or output."""

"""The executables of the control plane: found, downloaded or built."""

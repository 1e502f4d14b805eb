"""The pages of billing on a tenant's host."""

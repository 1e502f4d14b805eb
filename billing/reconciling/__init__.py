"""Whether what was used, counted, called and charged agree: usage, interviews, the ledger and invoices compared.

`looks` says who looks at what; each look reads one tenant in one snapshot and writes nothing.
"""

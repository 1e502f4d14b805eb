"""The reader's own process: parses one untrusted file under limits. Nothing here imports Django or the rest of Candor.

pdfminer.six alone reads PDFs, not pypdf or pdfplumber: what hides text is the order in which things are painted, the
render mode, clipping, opacity and layers. Its interpreter can be taught all of these; pdfplumber, built on it, keeps
neither order nor mode. DOCX is read from its XML by lxml: python-docx follows no inherited `vanish` or colour.
"""

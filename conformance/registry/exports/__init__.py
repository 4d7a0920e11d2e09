"""What leaves the registry for people and other programs: PDF, badges, results in the formats of others.

PDF is set by Typst (Apache-2.0), not by WeasyPrint: one wheel without system libraries (Pango and its kin would have to
be installed and kept beside it), the same bytes for the same document, and texts that come in as data never are markup.
"""

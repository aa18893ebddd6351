"""Text that anybody may have written, made harmless: it knows no word of the domain.

plain      characters: what is legal, one line, cut visibly
masking    values that look like secrets
formats    HTML and Markdown as work items show them
markdown   a platform's Markdown → either
templates  texts that an administrator wrote, with values in them
"""

"""Invoices as partners send them: many layouts, languages and formats, each with the truth about what it says."""

"""Reprieve: self-service cancel, pause and resume, under rules that the business itself writes."""

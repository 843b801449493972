"""Decides what a visitor sees next; starts and resumes sessions."""

"""The practitioner's view: a person's file opened, worked on and saved back. No accounts."""

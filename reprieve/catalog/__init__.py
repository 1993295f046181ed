"""What the business offers, and the reasons it offers to choose from."""

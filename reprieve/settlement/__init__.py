"""What several actions do about cancellations and money, in their transactions: carry out, receive, send, settle."""

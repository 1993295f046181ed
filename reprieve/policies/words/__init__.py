"""Tables, facts and answers in words: what people read about rules."""

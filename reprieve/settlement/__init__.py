"""What several actions do about money, in their transactions: receive it, send it, settle what was cancelled."""

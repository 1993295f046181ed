"""Money: charges, invoices, payments, store credit and refunds."""

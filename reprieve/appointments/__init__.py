"""Appointments: so far what rules may ask about one."""

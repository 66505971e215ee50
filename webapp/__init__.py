"""The portals of a practice: patients' and clinicians' pages, and everything behind them."""

"""FPGAs: models beside logged cases, exact searches beside enumeration, searches beside others."""

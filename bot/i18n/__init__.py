"""Translation: messages, catalogs and locales."""

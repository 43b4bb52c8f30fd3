"""The pipelines that come with the library: one module each, one screen each."""

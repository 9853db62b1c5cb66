"""The engine: a plan made once, a kernel on float arrays, footprints streamed out."""

//! Plans, packs, rate card and quotes: pure, so the browser quotes with the server's own code.

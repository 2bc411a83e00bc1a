//! Pages and islands, rendered on the server; islands wake in the browser. Never imports the backend.

//! What pages may ask of the server: authorise, call the backend, return a view. Never SQL.

//! What crosses the wire between server and browser: views, the one error shape, the permission table.

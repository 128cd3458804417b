//! The HTTP API through API Gateway's proxy events, over the rehearsals of a simulated account.

/// Sends requests.
mod support;

/// Each route, used rightly.
mod routes;

/// Each route, used wrongly.
mod mistakes;

/// The document says what the handler does.
mod document;

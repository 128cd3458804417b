//! The HTTP API through API Gateway's proxy events, over the rehearsals of a simulated account.

/// Requests and their answers.
mod support;

/// The correct use of each route.
mod routes;

/// The wrong use of each route.
mod mistakes;

/// The agreement of the document with the handler.
mod document;

/// The watch that a schedule calls.
mod watch;

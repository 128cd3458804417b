//! Proof of least privilege: the permissions that steps request in rehearsals, against those that `template.yaml`
//! grants.

/// The questions to IAM.
mod rehearsals;

/// The template as JSON.
mod yaml;

/// The template with its parameters set.
mod template;
mod told;

/// IAM's answers.
mod policy;
mod reference;

/// The functions and their callers.
mod functions;

/// The comparison of requests and grants, both ways.
mod granted;

/// The roles in other accounts, and their proof.
mod accounts;
mod elsewhere;

/// Actions that no drill may take.
mod drill;

/// What an update leaves alone.
mod versions;

/// Properties of every function, role and policy.
mod whole;

/// The permissions of the HTTP API.
mod api;

/// The permissions of the second party, which lifts freezes.
mod lift;
/// The permissions of the watch of reversed replication.
mod watch;

/// docs/iam.md.
mod document;

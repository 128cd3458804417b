//! Least privilege, proven: what the steps were asked for in rehearsals, and what `template.yaml` grants them.

/// What IAM was asked.
mod rehearsals;

/// The template as JSON.
mod yaml;

/// The template, filled in.
mod template;

/// IAM's answers.
mod policy;

/// Functions, and who calls them.
mod functions;

/// Both ways: asked is granted, granted is asked.
mod granted;

/// What no drill may do.
mod drill;

/// What holds for every function, role and policy.
mod whole;

/// What the HTTP API may do.
mod api;

/// docs/iam.md.
mod document;

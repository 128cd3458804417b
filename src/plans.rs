//! The example plans, and the plan's schema.

use failback_core::plan::Plan;

/// The plan that is rehearsed where none is given. It opts in to terminating the originals.
pub const THREE_TIER: &str = include_str!("../examples/plans/three-tier.json");

/// The JSON Schema of the plan file.
pub fn schema() -> String {
    let schema =
        schemars::generate::SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Plan>();
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

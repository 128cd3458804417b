//! The example plans, and the plan's schema.

use failback_core::plan::Plan;

/// The default plan of a rehearsal. It opts in to terminating the originals.
pub const THREE_TIER: &str = include_str!("../../../examples/plans/three-tier.json");

/// Returns the number of servers that a plan suggests: those that it names, or one per wave, and enough for its
/// records.
pub fn suggested_servers(plan: &Plan) -> usize {
    let named = plan.servers.ids().map(<[_]>::len);
    named.unwrap_or_else(|| plan.wave_names().len().max(plan.redirect.records().len()))
}

/// Returns the JSON Schema of the plan file.
pub fn schema() -> String {
    let mut schema =
        schemars::generate::SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Plan>();
    if let Some(properties) = schema.get_mut("properties").and_then(serde_json::Value::as_object_mut) {
        let description = "The schema by which an editor checks the file. It is not read.";
        properties.insert(
            "$schema".to_owned(),
            serde_json::json!({ "type": "string", "description": description }),
        );
    }
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

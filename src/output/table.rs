//! The world in the page's labels.

use std::fmt::Write as _;

use failback_core::cloud::InstanceState;
use failback_core::id::InstanceId;
use failback_core::region::Region;
use failback_sim::World;

/// The number of servers that are listed. The others are counted.
pub(super) const SHOWN: usize = 12;

/// The columns of a name. A longer one makes the table wider.
const NAME_COLUMNS: usize = 8;

/// Returns the fleet, one server per line, with the state of everything that exists. `*` marks where traffic goes.
pub(crate) fn world(world: &World, title: &str) -> String {
    let (source, recovery) = world.region_pair();
    let names = world.fleet().iter().take(SHOWN).map(|server| server.name.chars().count());
    let width = names.max().unwrap_or_default().max(NAME_COLUMNS);
    let mut text = format!("{title}\n");
    let _ = writeln!(text, "  {:<width$} {:<37}   {recovery}", "", source.as_str());
    let _ = writeln!(
        text,
        "  {:<width$} {:<8} {:<12} {:<6} {:<8}   {:<12} {:<6} B3",
        "server", "A1", "A2", "A3", "A4", "B1", "B2"
    );
    for index in 0..world.fleet().len().min(SHOWN) {
        let _ = writeln!(text, "{}", line(world, index, width).trim_end());
    }
    if world.fleet().len() > SHOWN {
        let _ = writeln!(text, "  and {} more", world.fleet().len() - SHOWN);
    }
    text.push_str("  * production: where the simulated clients' writes go\n");
    text
}

fn line(world: &World, index: usize, width: usize) -> String {
    let (source, recovery) = world.region_pair();
    let labels = world.labels(index);
    let server = &world.fleet()[index];
    let serving = world.serving(index).map(|serving| serving.instance);
    let instance = |region: Region, id: Option<&InstanceId>| match id {
        None => "-".to_owned(),
        Some(id) => {
            let state = world.instance(region, id).map_or("gone", |instance| state(instance.state));
            format!("{state}{}", if serving.as_ref() == Some(id) { "*" } else { "" })
        }
    };
    let source_server_of = |region: Region, id: Option<&failback_core::id::SourceServerId>| {
        let server = id.and_then(|id| world.source_server(region, id));
        server.map_or("-".to_owned(), |server| {
            server.replication.phase(world.now_ms()).state().to_string().to_ascii_lowercase()
        })
    };
    let record = |exists: bool| if exists { "record" } else { "-" };
    format!(
        "  {:<width$} {:<8} {:<12} {:<6} {:<8}   {:<12} {:<6} {:<8}",
        server.name,
        instance(source, labels.a1.as_ref()),
        source_server_of(source, labels.a2.as_ref()),
        record(labels.a3.is_some()),
        instance(source, labels.a4.as_ref()),
        source_server_of(recovery, labels.b1.as_ref()),
        record(labels.b2.is_some()),
        instance(recovery, labels.b3.as_ref()),
    )
}

fn state(state: InstanceState) -> &'static str {
    match state {
        InstanceState::Pending => "pending",
        InstanceState::Running => "running",
        InstanceState::Stopping => "stopping",
        InstanceState::Stopped => "stopped",
        InstanceState::ShuttingDown => "going",
        InstanceState::Terminated | InstanceState::NotFound => "gone",
        InstanceState::Unknown => "unknown",
    }
}

//! Bystanders: resources of other people in the same account, which no run may touch (rule S5).

use failback_core::cloud::Direction;
use failback_core::id::{HostedZoneId, InstanceId, SourceServerId};
use failback_core::plan::Servers;
use failback_core::region::Region;
use failback_core::tags::Tags;

use super::builder::{Builder, HOUR};
use crate::ids;
use crate::objects::{DnsRecord, Reversal, Zone};
use crate::replication::Replication;

impl Builder<'_> {
    /// Builds servers of other people in both Regions, and records in every zone.
    pub(super) fn build_bystanders(&mut self) {
        let (source, recovery) = (self.source(), self.recovery());
        // A plan that takes all servers between its Regions would take these too, unless they come from elsewhere.
        let origin = if self.plan.servers == Servers::All { self.third_region() } else { Some(source) };
        for region in [Some(source), Some(recovery), origin].into_iter().flatten() {
            let network = self.add_network(region, 50);
            self.networks.bystanders.push((region, network));
        }
        if let Some(origin) = origin {
            self.add_bystander("ledger-1", recovery, origin);
            if let Some((ledger, _)) = self.add_bystander("ledger-2", recovery, origin) {
                self.recover_bystander(recovery, &ledger, true);
            }
            if let Some((wiki, _)) = self.add_bystander("wiki-1", recovery, origin) {
                self.fail_back_bystander(recovery, &wiki, origin);
            }
        }
        self.add_bystander("staff-1", source, recovery);
        self.build_other_records();
    }

    /// Returns a Region of the same partition that the plan does not name.
    fn third_region(&self) -> Option<Region> {
        let (source, recovery) = (self.source(), self.recovery());
        for name in ["eu-west-1", "ap-southeast-2", "us-west-2", "us-gov-east-1"] {
            let Ok(region) = name.parse::<Region>() else { continue };
            if region != source && region != recovery && region.partition() == source.partition() {
                return Some(region);
            }
        }
        None
    }

    /// Returns tags that the plan never selects.
    fn other_tags(&self, name: &str) -> Tags {
        let mut tags = Tags::from([
            ("Name".to_owned(), name.to_owned()),
            ("owner".to_owned(), "somebody else".to_owned()),
        ]);
        if let Some(selected) = self.plan.servers.tags() {
            tags.retain(|key, _| !selected.contains_key(key));
        }
        tags
    }

    /// Adds a running instance in `origin` that is replicated to `region`.
    fn add_bystander(
        &mut self,
        name: &str,
        region: Region,
        origin: Region,
    ) -> Option<(SourceServerId, InstanceId)> {
        let network = self.networks.of_bystanders(origin)?.clone();
        let tags = self.other_tags(name);
        let disks = self.draw_disks();
        let instance = self.draw_instance(origin, &network, tags.clone(), disks);
        let instance_id = instance.id.clone();
        self.world.place_instance(instance);
        let id: SourceServerId = ids::drs(&mut self.world.rng, "s-");
        let mut server = self.draw_source_server(region, origin, id.clone(), &instance_id, name.to_owned());
        server.tags = tags.into();
        self.place_source_server(server);
        self.world.bystanders.source_servers.push((region, id.clone()));
        self.world.bystanders.instances.push((origin, instance_id.clone()));
        Some((id, instance_id))
    }

    /// Adds a live recovery instance of a bystander.
    fn recover_bystander(
        &mut self,
        region: Region,
        id: &SourceServerId,
        is_drill: bool,
    ) -> Option<InstanceId> {
        let at = self.options.start_ms - 2 * HOUR;
        let instance = self.add_past_launch(region, id, at, is_drill, at - HOUR / 4)?;
        self.world.bystanders.recovery_instances.push((region, instance.recovery_instance()));
        self.world.bystanders.instances.push((region, instance.clone()));
        Some(instance)
    }

    /// Adds a failback of other people: recovered, reversed, and launched in its source Region.
    fn fail_back_bystander(
        &mut self,
        recovery: Region,
        original: &SourceServerId,
        source: Region,
    ) -> Option<()> {
        let recovered = self.recover_bystander(recovery, original, false)?;
        let id: SourceServerId = ids::drs(&mut self.world.rng, "s-");
        let mut reversed =
            self.draw_source_server(source, recovery, id.clone(), &recovered, "wiki-1".to_owned());
        reversed.direction = Direction::Failback;
        reversed.counterpart = Some((recovery, original.clone()));
        reversed.reversed_arn = self.world.source_server(recovery, original).map(|server| server.arn.clone());
        reversed.added_ms = self.options.start_ms - HOUR;
        let since = self.options.start_ms - HOUR / 2;
        let total = reversed.total_bytes();
        let noise = self.world.rng.u64(..);
        reversed.replication = Replication::healthy_since(since, &recovered, total, noise);
        let arn = reversed.arn.clone();
        self.place_source_server(reversed);
        self.world.bystanders.source_servers.push((source, id.clone()));
        if let Some(server) = self.world.source_server_mut(recovery, original) {
            server.reversed_arn = Some(arn);
        }
        let recovery_instance = recovered.recovery_instance();
        if let Some(recovery_instance) = self.world.recovery_instance_mut(recovery, &recovery_instance) {
            recovery_instance.reversal =
                Some(Reversal { at_ms: since - HOUR / 2, region: source, server: id.clone() });
        }
        let at = self.options.start_ms - HOUR / 6;
        let failed_back = self.add_past_launch(source, &id, at, false, at - HOUR / 6)?;
        self.world.bystanders.recovery_instances.push((source, failed_back.recovery_instance()));
        self.world.bystanders.instances.push((source, failed_back));
        Some(())
    }

    /// Adds records that the plan does not name to every zone, and to a zone that the plan does not name: a simple
    /// one, a mail exchange, and a weighted pair.
    fn build_other_records(&mut self) {
        let other: HostedZoneId = ids::route53(&mut self.world.rng, "Z");
        let name = "other.example.net.".to_owned();
        self.world.zones.insert(other.clone(), Zone::new(other, name));
        for zone in self.world.zones.values_mut() {
            let suffix = &zone.name;
            let (simple, weighted) =
                (format!("intranet-of-others.{suffix}"), format!("weighted-of-others.{suffix}"));
            let sets = [
                record_set(&simple, "A", None, "192.0.2.10"),
                record_set(suffix, "MX", None, "10 mail.example.org"),
                record_set(&weighted, "A", Some(("blue", 90)), "192.0.2.20"),
                record_set(&weighted, "A", Some(("green", 10)), "192.0.2.21"),
            ];
            for set in sets {
                let (name, kind, set_identifier) = set.key();
                self.world.bystanders.records.push((zone.id.clone(), name, kind, set_identifier));
                zone.place(set);
            }
        }
    }
}

fn record_set(name: &str, kind: &str, weighted: Option<(&str, u64)>, value: &str) -> DnsRecord {
    DnsRecord {
        name: name.to_owned(),
        kind: kind.to_owned(),
        set_identifier: weighted.map(|(id, _)| id.to_owned()),
        weight: weighted.map(|(_, weight)| weight),
        ttl_seconds: Some(300),
        values: vec![value.to_owned()],
    }
}

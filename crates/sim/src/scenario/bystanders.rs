//! Other people's objects in the same account: no run may touch them (rule S5).

use std::collections::BTreeMap;

use failback_core::cloud::Direction;
use failback_core::id::{HostedZoneId, InstanceId, SourceServerId};
use failback_core::plan::Servers;
use failback_core::region::Region;
use failback_core::tags::Tags;

use super::{Builder, HOUR};
use crate::ids;
use crate::objects::{DnsRecord, Reversal, Zone};
use crate::replication::Replication;

impl Builder<'_> {
    /// Servers of other people in both Regions, and other records.
    pub(crate) fn build_bystanders(&mut self) {
        let (source, recovery) = (self.source(), self.recovery());
        // A plan that takes all servers between its Regions would take theirs too: they come from elsewhere then.
        let elsewhere = if self.plan.servers == Servers::All { self.third_region() } else { Some(source) };
        for region in [Some(source), Some(recovery), elsewhere].into_iter().flatten() {
            let network = self.add_network(region, 50);
            self.networks.others.push((region, network));
        }
        if let Some(origin) = elsewhere {
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

    /// A Region of the same partition that the plan does not name.
    fn third_region(&self) -> Option<Region> {
        let names = ["eu-west-1", "ap-southeast-2", "us-west-2", "us-gov-east-1"];
        let fits = |region: &Region| {
            *region != self.source()
                && *region != self.recovery()
                && region.partition() == self.source().partition()
        };
        names.iter().filter_map(|name| name.parse().ok()).find(fits)
    }

    /// Tags that the plan never selects.
    fn other_tags(&self, name: &str) -> Tags {
        let mut tags = Tags::from([
            ("Name".to_owned(), name.to_owned()),
            ("owner".to_owned(), "somebody else".to_owned()),
        ]);
        if let Some(wanted) = self.plan.servers.tags() {
            tags.retain(|key, _| !wanted.contains_key(key));
        }
        tags
    }

    fn others(&self, region: Region) -> Option<super::network::Network> {
        self.networks.others.iter().find(|(of, _)| *of == region).map(|(_, network)| network.clone())
    }

    /// A running instance in `origin`, replicated to `region`.
    fn add_bystander(
        &mut self,
        name: &str,
        region: Region,
        origin: Region,
    ) -> Option<(SourceServerId, InstanceId)> {
        let network = self.others(origin)?;
        let tags = self.other_tags(name);
        let disks = self.draw_disks();
        let instance = self.draw_instance(origin, &network, tags.clone(), disks);
        let instance_id = instance.id.clone();
        self.world.place_instance(instance);
        let id: SourceServerId = ids::drs(&mut self.world.rng, "s-");
        let mut server = self.draw_source_server(region, origin, id.clone(), &instance_id, name.to_owned());
        server.tags = tags;
        self.place_source_server(server);
        self.world.bystanders.source_servers.push((region, id.clone()));
        self.world.bystanders.instances.push((origin, instance_id.clone()));
        Some((id, instance_id))
    }

    /// A live recovery instance of a bystander.
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

    /// Somebody else's failback in the same Region: recovered, reversed, and launched at home.
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
        reversed.replication = Replication::healthy_since(since, &recovered, total, self.world.rng.u64(..));
        let arn = reversed.arn.clone();
        self.place_source_server(reversed);
        self.world.bystanders.source_servers.push((source, id.clone()));
        if let Some(server) = self.world.server_mut(recovery, original) {
            server.reversed_arn = Some(arn);
        }
        if let Some(record) = self.world.record_mut(recovery, &recovered.recovery_instance()) {
            record.reversal = Some(Reversal { at_ms: since - HOUR / 2, region: source, server: id.clone() });
        }
        let at = self.options.start_ms - HOUR / 6;
        let failed_back = self.add_past_launch(source, &id, at, false, at - HOUR / 6)?;
        self.world.bystanders.recovery_instances.push((source, failed_back.recovery_instance()));
        self.world.bystanders.instances.push((source, failed_back));
        Some(())
    }

    /// Records beside those of the plan: a simple one, a mail exchange, a weighted pair; and another zone.
    fn build_other_records(&mut self) {
        let other: HostedZoneId = ids::route53(&mut self.world.rng, "Z");
        let name = "other.example.net.".to_owned();
        self.world.zones.insert(other.clone(), Zone { id: other, name, records: BTreeMap::new() });
        let zones: Vec<(HostedZoneId, String)> =
            self.world.zones.values().map(|zone| (zone.id.clone(), zone.name.clone())).collect();
        for (zone, suffix) in zones {
            let simple = record(&format!("intranet-of-others.{suffix}"), "A", None, "192.0.2.10");
            let mail = record(&suffix, "MX", None, "10 mail.example.org");
            let blue = record(&format!("weighted-of-others.{suffix}"), "A", Some(("blue", 90)), "192.0.2.20");
            let green =
                record(&format!("weighted-of-others.{suffix}"), "A", Some(("green", 10)), "192.0.2.21");
            for set in [simple, mail, blue, green] {
                let named = (zone.clone(), set.name.clone(), set.kind.clone(), set.set_identifier.clone());
                self.world.bystanders.records.push(named);
                if let Some(zone) = self.world.zones.get_mut(&zone) {
                    zone.records.insert(set.key(), set);
                }
            }
        }
    }
}

fn record(name: &str, kind: &str, weighted: Option<(&str, u64)>, value: &str) -> DnsRecord {
    DnsRecord {
        name: name.to_owned(),
        kind: kind.to_owned(),
        set_identifier: weighted.map(|(id, _)| id.to_owned()),
        weight: weighted.map(|(_, weight)| weight),
        ttl_seconds: Some(300),
        values: vec![value.to_owned()],
        answered: vec![value.to_owned()],
    }
}

use failback_core::ErrorName;
use failback_core::cloud::{DrsQuotas, Job, JobKind, JobStatus, Subnet, Tags};
use failback_core::id::SubnetId;
use failback_testkit::{Fixture, Response};
use serde_json::json;

use super::{blocked, check, check_plan, silent, warned};

/// Removes the replication templates of one Region.
fn without_template(fixture: &mut Fixture, in_source: bool) {
    let unset = if in_source { fixture.source() } else { fixture.recovery() };
    fixture.tamper(move |seen| {
        if let Response::ReplicationTemplates(region, templates) = seen
            && region == unset
        {
            templates.clear();
        }
    });
}

#[test]
fn drs_needs_a_replication_template_in_both_regions() {
    for in_source in [true, false] {
        let mut fixture = Fixture::failback(|_| ());
        without_template(&mut fixture, in_source);
        let region = if in_source { fixture.source() } else { fixture.recovery() };
        blocked(
            &fixture,
            region.as_str(),
            "DRS is initialised and has no replication configuration template",
        );
    }
}

#[test]
fn drs_is_initialised_in_both_regions() {
    for in_source in [true, false] {
        let fixture = Fixture::failback(|_| ());
        let region = if in_source { fixture.source() } else { fixture.recovery() };
        fixture.simulation.world().uninitialize(region);
        blocked(&fixture, region.as_str(), "Elastic Disaster Recovery is not initialised");
    }
}

#[test]
fn what_else_drs_answers_is_no_finding() {
    let fixture = Fixture::failback(|_| ());
    fixture.fail("error:drs:DescribeReplicationConfigurationTemplates=AccessDeniedException");
    assert_eq!(check(&fixture).unwrap_err().name(), ErrorName::AccessDenied);
}

#[test]
fn the_staging_subnet_must_exist_and_have_room() {
    let free = |addresses: Option<u32>| {
        let mut fixture = Fixture::failback(|_| ());
        let staging = fixture.simulation.world().describe_replication_templates(fixture.source()).unwrap()[0]
            .staging_subnet
            .clone();
        fixture.tamper(move |seen| {
            if let Response::Subnets(subnets) = seen {
                match addresses {
                    None => subnets.retain(|subnet| subnet.id != staging),
                    Some(free) => {
                        let of_staging = subnets.iter_mut().filter(|subnet| subnet.id == staging);
                        of_staging.for_each(|subnet| subnet.free_addresses = free);
                    }
                }
            }
        });
        fixture
    };
    blocked(&free(None), "us-east-1", "the replication template's staging subnet subnet-");
    blocked(&free(Some(0)), "us-east-1", "the staging subnet subnet-");
    silent(&free(Some(1)), "staging subnet");
}

#[test]
fn a_template_without_a_staging_subnet_is_not_judged() {
    let mut fixture = Fixture::failback(|_| ());
    fixture.tamper(|seen| {
        if let Response::ReplicationTemplates(_, templates) = seen {
            for template in templates.iter_mut() {
                template.staging_subnet = None;
            }
        }
    });
    silent(&fixture, "staging subnet");
}

/// Tampers with the subnet that the plan names: it has this many free addresses, or with `None` does not exist.
fn named(mut fixture: Fixture, name: &'static str, addresses: Option<u32>) -> Fixture {
    fixture.tamper(move |seen| {
        if let Response::Subnets(subnets) = seen {
            match addresses {
                None => subnets.retain(|subnet| subnet.id.as_str() != name),
                Some(free) => {
                    let of_plan = subnets.iter_mut().filter(|subnet| subnet.id.as_str() == name);
                    of_plan.for_each(|subnet| subnet.free_addresses = free);
                }
            }
        }
    });
    fixture
}

#[test]
fn the_subnet_of_the_plan_needs_an_address_for_every_server_that_is_not_there() {
    let launch = |fixture, free| named(fixture, "subnet-0a1b2c3d4e5f60718", free);
    let path = "$.launch.network.subnetId";
    blocked(
        &launch(Fixture::failback(|_| ()), None),
        path,
        "subnet-0a1b2c3d4e5f60718 does not exist in us-east-1",
    );
    blocked(
        &launch(Fixture::failback(|_| ()), Some(1)),
        path,
        "subnet-0a1b2c3d4e5f60718 has 1 free address for 2",
    );
    silent(&launch(Fixture::failback(|_| ()), Some(2)), "free addresses");
    silent(&launch(Fixture::failback(|_| ()).launched(), Some(0)), "free addresses");
}

#[test]
fn a_drill_needs_its_addresses_in_its_isolated_subnet() {
    let drill = |free| named(Fixture::drill(|_| ()), "subnet-0f1e2d3c4b5a69788", free);
    blocked(&drill(Some(1)), "$.drill.network.subnetId", "subnet-0f1e2d3c4b5a69788 has 1 free address for 2");
    silent(&drill(Some(2)), "free addresses");
}

/// Puts A1 of both servers into one subnet with this many free addresses.
fn beside(mut fixture: Fixture, free: u32) -> Fixture {
    let source = fixture.source();
    let subnet: SubnetId = "subnet-0aaaaaaaaaaaaaaaa".parse().unwrap();
    fixture.tamper(move |seen| match seen {
        Response::Instances(region, instances) if region == source => {
            for a1 in instances.iter_mut() {
                a1.subnet = Some(subnet.clone());
            }
        }
        Response::Subnets(subnets) => {
            subnets.push(Subnet { id: subnet.clone(), vpc: "vpc-1".to_owned(), free_addresses: free });
        }
        _ => {}
    });
    fixture
}

#[test]
fn where_the_plan_names_no_subnet_there_must_be_room_beside_the_originals() {
    let unnamed = || Fixture::failback(|plan| plan["launch"] = json!({ "network": { "likeSource": true } }));
    let about = "subnet-0aaaaaaaaaaaaaaaa";
    blocked(&beside(unnamed(), 1), about, "it has 1 free address for 2 servers beside the originals");
    silent(&beside(unnamed(), 2), "beside the originals");
}

#[test]
fn what_is_launched_already_needs_no_room_beside_the_originals() {
    let fixture = beside(Fixture::failback(|_| ()).launched(), 0);
    let mut plan = serde_json::to_value(&fixture.run.plan).unwrap();
    plan["launch"] = json!({ "network": { "likeSource": true } });
    check_plan(&fixture, &plan).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn every_a2_counts_towards_the_quota_of_the_source_region() {
    let quota = |fixture: Fixture, servers| {
        fixture.simulation.world().set_replicating_quota(fixture.source(), servers);
        fixture
    };
    let running = |fixture: &Fixture| {
        let world = fixture.simulation.world();
        world
            .source_servers(fixture.source())
            .filter(|server| server.replication.is_running(world.now_ms()))
            .count()
    };
    let bystanders = running(&Fixture::failback(|_| ()));
    let few = quota(Fixture::failback(|_| ()), bystanders + 1);
    blocked(
        &few,
        "us-east-1",
        &format!(
            "{bystanders} source servers replicate and this run adds 2, with a quota of {}",
            bystanders + 1
        ),
    );
    silent(&quota(Fixture::failback(|_| ()), bystanders + 2), "quota");
    // Servers that already replicate are not counted twice.
    let reversed = Fixture::failback(|_| ()).reversed();
    let now = running(&reversed);
    silent(&quota(reversed, now), "quota");
    let stopped = Fixture::failback(|_| ()).reversed().stopped();
    silent(&quota(stopped, bystanders), "quota");
    // The fleet adds two to any number of replicating servers.
    let mut many = quota(Fixture::failback(|_| ()), 9);
    let source = many.source();
    many.tamper(move |seen| {
        if let Response::SourceServers(region, servers) = seen
            && region == source
        {
            let one = servers[0].clone();
            *servers = vec![one; 7];
        }
    });
    silent(&many, "quota");
}

/// Returns a failback with this many jobs of others in a Region, and this many allowed by DRS.
fn busy(in_source: bool, active: usize, allowed: usize) -> Fixture {
    let mut fixture = Fixture::failback(|_| ());
    let busy = if in_source { fixture.source() } else { fixture.recovery() };
    fixture.tamper(move |seen| match seen {
        Response::Jobs(region, jobs) if region == busy => {
            for number in 0..=active {
                let status = if number < active { JobStatus::Started } else { JobStatus::Completed };
                let id = format!("drsjob-{number:017x}").parse().unwrap();
                let (kind, tags) = (JobKind::Launch, Tags::new());
                jobs.push(Job { id, kind, status, created: None, tags, servers: Vec::new() });
            }
        }
        // Without this, jobs of B2 are requested by id, and those above are listed twice.
        Response::RecoveryInstances(_, found) => {
            for b2 in found.iter_mut() {
                b2.job = None;
            }
        }
        Response::Quotas(region, quotas) if region == busy => {
            *quotas = DrsQuotas { concurrent_jobs: allowed, ..DrsQuotas::default() };
        }
        _ => {}
    });
    fixture
}

#[test]
fn jobs_of_others_are_told_when_there_is_no_room_for_one_more() {
    for (in_source, region) in [(true, "us-east-1"), (false, "us-east-2")] {
        warned(&busy(in_source, 3, 3), region, "3 jobs at work, as many as DRS allows (L-D88FAC3A)");
        silent(&busy(in_source, 3, 4), "as many as DRS allows");
    }
}

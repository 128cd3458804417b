//! What the readiness check finds. Findings of many servers with one fact are one finding, so a fact names no object of a
//! server.

use std::fmt::Display;

use super::{Entry, Fact, facts};

facts! {
    drill_would_launch_into_a1() "DRS launches into the source instance here: a drill would stop and \
         overwrite A1"
        => "Turn off `launch into source instance` in the Region's default launch settings for drills";
    originals_use_the_subnet(subnet_id) "original servers use {subnet_id}"
        => "Name an isolated subnet: two servers with the same name would share this one";
    no_b2_to_drill_with() "it has no recovered server (B2) to drill with"
        => "Set drill.launchRecoveredServers. If the plan has records, a drill that you launch in the DRS console does \
             too";
    a1_does_not_run() "A1 does not run, so production may be elsewhere"
        => "Drill when production runs in the source Region, or keep the recovered servers";
    b3_was_left() "a failback has left B3, which another launch of B1 would terminate or overwrite"
        => "Leave the server out of the drill. Delete B2 in the DRS console, without terminating it";
    b1_launches_into_an_instance() "B1 would be launched into an instance that exists: the drill would \
         overwrite it, and then terminate it"
        => "Leave the server out of the drill, or clear the instance to launch into in B1's launch \
             settings until the drill has ended";
    b3_starts_in_the_default_subnet() "B3, a copy of production, would start in the default subnet, as \
         B1's launch template names none"
        => "Name a subnet in B1's launch template, and then in $.drill.recoveredSubnetIds";
    b3_starts_in_an_unnamed_subnet(subnet) "B3, a copy of production, would start where a recovery would, \
         in {subnet}"
        => "Make sure that nothing which production uses can be reached from there, because B3's jobs and \
             services start with it. Then add the subnet to $.drill.recoveredSubnetIds";
    drill_would_end_a_b3_that_existed() "B3 existed before B1 was launched into it, and the drill's \
         clean-up terminates B3"
        => "Set drill.keepRecoveredServers to rehearse without touching B3";
    b1_has_a_live_b2() "B1 has a live recovery instance, which DRS would terminate to launch another"
        => "If B3 may be production, set drill.keepRecoveredServers to rehearse without touching it. If \
             nobody needs B3, set drill.launchRecoveredServers to false and drill with it";
    b3_may_be_production_without_a1() "A1 does not run, so B3 may be production"
        => "Set drill.keepRecoveredServers to rehearse without touching B3";
    a_record_is_at_no_instance()
        "this is an address of none of the plan's servers, so the drill cannot tell whether B3 is production"
        => "Find out what serves, and correct the record or the plan, or set drill.keepRecoveredServers";
    a_record_points_at_b3() "a record of the plan points at B3, so it may be production"
        => "Set drill.keepRecoveredServers to rehearse without touching B3";
    b3_is_not_proven_a_drills() "no record shows that B3 is a drill's, so it may be production"
        => "Set drill.keepRecoveredServers. If B3 is not needed and the plan has records, \
             drill.recoveredServersAreDisposable does too";
    b3_is_no_drills() "B3 was not launched as a drill, so it may be production"
        => "Set drill.keepRecoveredServers. If B3 is not needed and the plan has records, \
             drill.recoveredServersAreDisposable does too";
    failback_is_under_way() "a failback of it was started and has not finished"
        => "Start the failback again and let it end; a drill would clean up what it made";
    drill_would_delete_a2() "replication is reversed already, and the drill's clean-up deletes this A2"
        => "Set drill.keepRecoveredServers if B3 is to stay protected";
    no_drill_launched_a4() "this A4 runs, and no drill launched it: it may be production"
        => "Drill after the failback that launched it has ended; if clients do not use it, terminate it in \
             the DRS console";
    stop_deletes_points_in_time() "stopping replication of B1 deletes every point in time of the original \
         servers"
        => "Leave it out to keep them until the failed-back servers are protected; that costs double \
             replication";
    originals_will_end() "the original servers (A1) will be terminated after redirect and protection"
        => "Leave it out to keep them";
    b3_existed() "B3 existed before B1 was launched into it"
        => "The clean-up leaves it and B2, and the report says what to do with them";
    already_failed_back() "it has no recovered server: it has failed back already"
        => "Nothing is done to it; leave it out of the plan to silence this";
    nowhere_to_be_found() "it has no recovery instance, and B1 does not replicate a running instance"
        => "Find out where it runs. If B3 runs, make it a recovery instance again, as the DRS user guide \
             says for reinstalling the agent. If the report of its failback names another source server that \
             protects A4, give that one the tags of this, or its id's place in the plan. If the server is not \
             needed, leave it out of the plan";
    a1_is_stood_in_for() "A1 no longer shows what the plan copies with like-source"
        => "A4 is launched with the settings that A2's launch template has now; look at them before you \
             answer yes";
    several_protect_a4() "several source servers of the recovery Region replicate its A4"
        => "Find out with AWS Support which of them to keep: a disconnect uninstalls the agent on A4";
    a1_runs() "A1 runs"
        => "If clients use it, stop this failback: B3 is not production. If not, stop A1";
    a1_runs_and_no_record_shows_what_serves() "A1 runs, and no record shows whether clients use it or B3"
        => "Find out. If they use A1, do not fail back. If not, stop A1, or set redirect.originalsMayRun";
    b1_of_a_running_a1_is_to_be_stopped()
        "A1 runs, no record shows that clients use B3, and the plan stops replication of B1"
        => "Find out what clients use. If A1, do not fail back. If B3, stop A1, or leave \
             stopOriginalReplication out";
    a4_is_old() "the data of this A4 is older than launch.dataAgeSecondsMax"
        => "The run launches it again";
    old_a4_may_serve() "the data of this A4 is older than launch.dataAgeSecondsMax, and clients may use it"
        => "If clients use it, finish the page's steps 3 and 4 by hand; if not, terminate it in the DRS \
             console";
    b2_is_gone_and_a4_is_stopped() "B2 is gone, and A4 does not run"
        => "Start A4, and start again with the same plan";
    b2_and_a4_are_gone() "B2 is gone, and so is A4"
        => "Recover the server from B1 in the recovery Region, whose newest point in time is the newest \
             copy";
    a_person_launched_a4() "no run of this program launched its A4"
        => "Clients use it after a yes before redirect, and not before; if it is not for them, say no";
    a_person_launched_a4_and_nobody_is_asked() "no run of this program launched its A4, and the plan has \
         nobody asked"
        => "Add gates.beforeRedirect, so that a person agrees to use it. If nobody uses it, you can also \
             terminate it in the DRS console";
    b3_is_a_drills_and_production() "B3 was launched by a drill, and a record shows that it is production"
        => "It is failed back like any other";
    b3_is_a_drills() "B3 was launched by a drill, and no record shows that it is production"
        => "If it is production, point a record of the plan at it, and do not recover the server again: \
             that would terminate B3. If it is not, let the drill clean up";
    record_points_at_a1() "the record holds an address of A1: A1 may be production"
        => "Find out what serves; if it is B3 or A4, point the record at it; if it is A1, do not fail back";
    record_points_elsewhere() "the record holds no address of B3 or A4: what is there may be production"
        => "Find out what serves; if it is B3 or A4, point the record at it; if it is not, do not fail back";
    a1_is_not_tagged_for_its_end(key, value) "A1 is to be terminated, and its owner has not tagged it for \
         that"
        => "Tag the instance {key}={value}, or leave cleanup.terminateOriginals out";
    drill_left_a4() "an interrupted drill left A3 and A4 in its isolated network"
        => "Start the drill with its plan again: it cleans up first";
    drill_left_a2() "an interrupted drill had started to clean up and left A2"
        => "Start the drill with its plan again: it cleans up first";
    a4_would_become_a1() "DRS launches into the source instance here: A4 would become A1"
        => "Set launch.intoSource if that is wanted, or turn it off in the Region's default launch \
             settings";
    a1_is_not_stopped() "A1 is not stopped, and is to be launched into"
        => "Stop A1";
    stack_has_no_hook() "the plan has a hook freeze B3, and this stack has none"
        => "Deploy the stack with FreezeHookArn, or set cutover.freeze to byHand";
    drill_has_no_network() "a drill needs an isolated network of the source Region"
        => "Add \"network\": {{\"subnetId\": …, \"securityGroupIds\": […]}} to $.drill";
    plan_chooses_nothing(recovery) "chooses no source server of {recovery}"
        => "Correct ids or tags; compare with the DRS console of that Region";
    plan_chooses_too_many(servers, most) "chooses {servers}"
        => "Split the plan: one execution carries at most {most}";
    plan_is_too_large(bytes, servers, most) "takes up to {bytes} bytes with its {servers}, and an \
         execution carries {most}"
        => "Split the plan, or choose servers by tags and name fewer records";
    all_failed_back() "every server has failed back already"
        => "Nothing is left to do: this execution changes nothing";
    a1_is_protected_from_its_end(command) "A1 is to be terminated, and is protected from termination"
        => "Remove the protection with `{command}`, or leave cleanup.terminateOriginals out";
    b3_is_protected_from_its_end(command) "B3 is protected from termination, and the clean-up terminates it"
        => "Remove the protection with `{command}`";
    b3_is_protected_from_the_drill(command) "B3 is protected from termination, and the drill's clean-up \
         terminates it"
        => "Remove the protection with `{command}`, or set drill.keepRecoveredServers";
    b1s_template_protects_b3() "B1's launch template protects B3 from termination, so the drill could not \
         terminate it"
        => "Turn termination protection off in B1's launch template until the drill has ended";
    staging_subnet_is_missing(subnet) "the replication template's staging subnet {subnet} does not exist"
        => "Name an existing subnet in the Region's default replication settings";
    staging_subnet_is_full(subnet) "the staging subnet {subnet} has no free address"
        => "Free addresses, or name a larger subnet in the default replication settings";
    subnet_is_missing(subnet, source) "{subnet} does not exist in {source}"
        => "Name a subnet of the source Region";
    subnet_is_too_small(subnet, free, servers) "{subnet} has {free} for {servers}"
        => "Name a larger subnet";
    originals_subnet_is_too_small(free, servers) "it has {free} for {servers} beside the originals"
        => "Free addresses, or name a larger subnet in $.launch.network";
    replication_quota(running, new, quota) "{running} replicate and this run adds {new}, with a quota of {quota} \
         (L-C1D14A2B)"
        => "Request a higher quota, or split the plan";
    jobs_quota(active) "{active} at work, as many as DRS allows (L-D88FAC3A)"
        => "The run waits for them";
    b2_is_not_of_ec2() "B2 did not originate in AWS"
        => "Only servers that came from EC2 can be failed back between Regions; use the Failback Client";
    b3_has_no_interface() "B3 has no network interface"
        => "Attach one that reaches DRS and the staging subnet";
    b3_has_no_metadata() "instance metadata of B3 is not reachable"
        => "Enable the metadata endpoint (IMDSv2 will do), and check routes to 169.254.169.254 in the \
             guest";
    b3_has_no_profile() "B3 has no instance profile, which the agent needs"
        => "Attach a profile whose role holds AWSElasticDisasterRecoveryRecoveryInstancePolicy";
    a1_shows_no(part, field) "the plan has like-source, but A1 shows no {part}"
        => "Name it in $.launch.{field}, or keep A1 until the failback is done";
    a_job_of_an_earlier_run() "a job of DRS is working on it"
        => "An earlier run started it, and this run waits for it";
    a_job_of_somebody() "a job of DRS that no run of this procedure started is working on it"
        => "Wait until the job has ended, then start again";
    b3_does_not_run() "B3 does not run"
        => "Start the recovered instance";
    ec2_does_not_know_b3() "EC2 does not know B3"
        => "Recover the server again";
    a2_was_disconnected() "A2 was disconnected, which uninstalls the agent on B3"
        => "Delete A2, and install the agent on B3 again, as the DRS user guide says for a recovery \
             instance; then start again";
    agent_not_seen() "DRS has not seen the agent on B3 yet"
        => "The run waits for it; check the instance's access to DRS on TCP 443 if it does not come";
    agent_not_seen_for_long() "DRS has not seen the agent on B3 for more than 15 minutes"
        => "Check that the agent runs and reaches DRS on TCP 443";
    a2_is_left() "an A2 of an earlier failback or drill is left"
        => "If clients use its A4, or the instance that this A2 replicated, do not go on. If not, \
             terminate both, stop replication of that A2, and disconnect and delete it, in the DRS \
             console";
    a3_was_deleted() "this A2 was launched before, and its A3 was deleted: what runs as A4 may be \
         production"
        => "If it is production, finish the page's step 4 by hand; if not, terminate it in EC2. Do not \
             disconnect A2: that uninstalls the agent on B3";
    record_of_no_server() "this is not a server of the plan"
        => "Name a server of the plan, or the id of its B1";
    record_is_missing(kind) "the zone has no {kind} record of this name"
        => "Correct name or zone, or create the record";
    record_is_not_simple() "the record is an alias or has a routing policy"
        => "Only simple records are redirected; convert the record to one, or redirect by hand";
    record_has_several_values() "the record has several values"
        => "Only simple records are redirected; convert the record to one, or redirect by hand";
    record_has_a_routing_policy() "the name has several records chosen by a routing policy"
        => "Only simple records are redirected; convert the record to one, or redirect by hand";
    ttl_is_long(most_seconds) "the TTL is more than {most_seconds} s: for that long after the redirect \
         clients may write to B3, which is lost"
        => "Lower it to {most_seconds} or less now: clients follow a change only after the old TTL";
    aaaa_record_too() "there is an AAAA record too: IPv6 clients would stay on B3, which is terminated"
        => "Redirect by hand, or remove the AAAA record first";
    drs_has_no_template() "DRS is initialised and has no replication configuration template"
        => "Set the default replication settings in the DRS console of that Region";
    drs_is_not_initialised() "Elastic Disaster Recovery is not initialised"
        => "Open the DRS console of that Region and set it up; both Regions need it";
    not_a_source_server(recovery, source) "not a source server in {recovery} that replicates from {source}"
        => "Correct $.servers.ids; the ids are those of the recovery Region's Source servers page";
    name_is_cut(most) "the name has more than {most} characters, and is shown without the rest"
        => "The plan may name the server by its whole name, or by the id of its B1";
    no_wave_takes_it() "no wave of the plan takes this server"
        => "Tag it for a wave, or end the plan's waves with one whose tags are {{}}";
    a1_is_unknown(key) "B1 already protects A4, and no tag identifies A1"
        => "Tag this A2 in the DRS console: {key} = the id of the original instance";
    another_run_is_at_work(procedure, started, execution) "a {procedure} that started {started} is working \
         on these servers: {execution}"
        => "Wait until it has ended, or stop it; then start again with the same plan";
    another_run_owns_it(execution) "another run is working on it: {execution}"
        => "Wait until it has ended, or stop it; then start again with the same plan";
    another_run_may_own_it(execution) "another run has claimed it, and whether that has ended cannot be \
         seen from here: {execution}"
        => "Look at that execution where it was started. If it has ended and nobody will redrive it, add \
             it to takeOver in the plan, and start again";
    a4_is_of_an_earlier_failback() "A4 holds data of before B2 was launched: an earlier failback has left \
         it"
        => "If clients do not use it, terminate it in EC2, and start again with the same plan";
    a2_is_of_an_earlier_failback() "A2 is of an earlier failback: B1 protects another instance than its A4"
        => "Remove its tag drs-failback:b1 in the DRS console, and start again with the same plan";
    several_a2_are_tagged() "several source servers of the source Region carry the tag of its B1"
        => "Remove the tag drs-failback:b1 in the DRS console from those of earlier failbacks, and start \
             again with the same plan";
    a2_is_tagged_as_anothers() "A2 is tagged as another server's"
        => "Correct its tag drs-failback:b1 in the DRS console";
    several_a2_replicate_b3() "several source servers of the source Region replicate its B3"
        => "Find out with AWS Support which of them to keep: a disconnect uninstalls the agent on B3";
    launched_by_another(label) "{label} is not the one that this run knows: it was launched meanwhile"
        => "Leave it alone until it is clear who uses it; then start again with the same plan";
    several_recovery_instances(label) "several recovery instances exist where one {label} is expected"
        => "Find out which of them clients use. Terminate only one that nobody uses, in the DRS console";
}

//! What ends a step: the refusals of the guard under their safety rules, AWS's refusals with the permission or quota that
//! they are about, and limits of the plan with the field that sets them.

use std::fmt::Display;

use super::{Cause, Entry, Fault, faults};
use crate::error::name::ErrorName;
use crate::rule::SafetyRule;

faults! {
    only_protected_are_left(commands_of, commands) ErrorName::Conflict
        "protected from termination, so that only they are left: {commands_of}. If they may be terminated, run \
         this and start again with the same plan:\n{commands}";
    another_run_claimed_it(server, owner, on) SafetyRule::OthersUntouched
            "{server}: {owner} has claimed {on}";
    plan_launches_no_b2() SafetyRule::ProductionRuns
            "the plan does not request the launch of recovered servers";
    b1_does_not_exist(server) SafetyRule::OwnFleetOnly "{server}: B1 does not exist";
    b1_has_a_b2(server) SafetyRule::ProductionRuns
            "{server}: B1 has a recovery instance, which DRS would terminate";
    b3_runs_without_b2(server, b3) SafetyRule::ProductionRuns
        "{server}: B1 launched {b3}, which runs although DRS shows no B2 of it. It may be production. If \
         nobody needs it, terminate it in EC2 and start again";
    a1_does_not_run(server) SafetyRule::ProductionRuns
            "{server}: A1 does not run, so production may be elsewhere";
    b3_would_start_elsewhere(server, place) SafetyRule::ProductionUntouchedByDrill
        "{server}: B3, a copy of production, would start in {place}, which drill.recoveredSubnetIds does not \
         name";
    b2_is_no_drills(server, b2) SafetyRule::OwnFleetOnly
            "{server}: recovery instance {b2} was not launched by a drill";
    a3_does_not_exist(server) SafetyRule::OwnFleetOnly "{server}: A3 does not exist";
    a2_does_not_exist(server) SafetyRule::OwnFleetOnly "{server}: A2 does not exist";
    a3_is_not_of_this_a2(server, a3) SafetyRule::OwnFleetOnly
            "{server}: A3 {a3} was not launched from its A2";
    no_drill_launched_a3(server, a3) SafetyRule::ServingUntouched
            "{server}: no drill launched A3 {a3}, so A4 may be production";
    a3_lacks_the_runs_tag(server, a3) SafetyRule::OthersUntouched
        "{server}: A3 {a3} does not carry this run's tag. Start the drill again with the same plan: it tags A3, \
         and then terminates it";
    b1_protects_the_drills_a4(server, a3) SafetyRule::ServingUntouched
        "{server}: B1 protects A4 {a3}, and no longer A1: somebody has reversed replication of A3. If A1 is \
         production, install the agent on it again, as the DRS user guide says, and then terminate A4 in \
         EC2";
    a3_is_a1(server, a3) SafetyRule::ProductionUntouchedByDrill
            "{server}: A3 {a3} is A1, which is production";
    a_record_points_at_an_a4(server, a3) SafetyRule::ProductionRuns
            "{server}: A4 {a3} may be production: a record points at an A4";
    plan_keeps_b3() SafetyRule::NothingLeftUnreported "the plan keeps the recovered servers";
    b3_may_be_production(server, b2, why) SafetyRule::ProductionRuns
            "{server}: B3 {b2} may be production: {why}";
    b1_launches_into_an_instance(server, existing) SafetyRule::OwnFleetOnly
            "{server}: B1 would be launched into {existing}, which exists";
    b2_does_not_live(server) SafetyRule::OwnFleetOnly "{server}: B2 does not live";
    plan_stops_no_b1() SafetyRule::OwnFleetOnly "the plan does not request to stop replication of B1";
    b2_is_gone(server) SafetyRule::ProductionRuns "{server}: B2 does not live";
    b3_is_not_replicated(server) SafetyRule::ProductionRuns
            "{server}: B3 is not replicated to the source Region yet";
    a2_has_no_point_in_time(server, a2) ErrorName::NotReady
            "{server}: A2 {a2} has no point in time of B3 yet";
    a4_runs_already(server, a3) SafetyRule::ProductionRuns
            "{server}: A4 {a3} runs already, and may be production";
    b1_no_longer_protects_a1(server) SafetyRule::ProductionRuns "{server}: B1 no longer protects A1";
    dns_points_at_a1(server) SafetyRule::ProductionRuns
            "{server}: production DNS points at A1, which B1 protects";
    a1_may_serve(server, a1) SafetyRule::ProductionRuns
        "{server}: A1 {a1}, which B1 protects, runs, and no record shows that clients use B3. If they use A1, do \
         not fail back. If not, stop A1, or leave stopOriginalReplication out, and start again";
    a2_protects_production(server, b3, why) SafetyRule::ServingUntouched
        "{server}: B3 {b3} may be production, and A2 is its only protection: {why}";
    nobody_confirmed_the_clean_up() SafetyRule::ProductionRuns
        "no person has confirmed in this execution that clients still use A4, and where traffic is redirected by \
         hand nothing else shows it. Start again with the same plan: it asks";
    nobody_confirmed_clients(server) SafetyRule::ServingUntouched
            "{server}: no person has confirmed that clients use A4";
    a3_does_not_live(server) SafetyRule::OwnFleetOnly "{server}: A3 does not live";
    drs_launched_b3(server, b2) SafetyRule::NothingLeftUnreported "{server}: DRS launched B3 {b2} itself";
    job_of_b2_is_not_shown(server, b2) SafetyRule::OwnFleetOnly
            "{server}: DRS does not show the job that launched B2 {b2}";
    dns_points_at_b3(server, b2) SafetyRule::ProductionRuns "{server}: production DNS points at B3 {b2}";
    plan_keeps_originals() SafetyRule::OriginalsEndOnRequest "the plan keeps the original servers";
    a1_is_not_known(server) SafetyRule::OwnFleetOnly "{server}: A1 is not known";
    b2_goes_before_a1(server) SafetyRule::PageOrder "{server}: B2 is terminated before A1";
    a1_is_a4(server, a1) SafetyRule::OriginalsEndOnRequest "{server}: A1 {a1} is A4, the new production";
    a1_is_in_use(server, a1) SafetyRule::ProductionRuns
            "{server}: A1 {a1} is protected by B1 or has traffic";
    a3_is_not_protected(server, a3) SafetyRule::ProductionRuns
            "{server}: A3 {a3} is not protected; deleting it would leave A4 so";
    b2_goes_before_a3(server) SafetyRule::PageOrder "{server}: B2 is terminated before A3 is deleted";
    a1_goes_before_a3(server) SafetyRule::PageOrder "{server}: A1 is terminated before A3 is deleted";
    checks_do_not_pass(server, id) ErrorName::NotReady "{server}: {id} does not pass its status checks";
    nobody_confirmed_traffic() SafetyRule::ProductionRuns
            "no person has confirmed that traffic was redirected by hand";
    record_is_not_at_a4(name) SafetyRule::ProductionRuns "{name}: the record does not point at A4";
    a4_is_not_launched(server) SafetyRule::ProductionRuns "{server}: A4 is not launched";
    a4_has_no_address(record, a4, server, which) SafetyRule::ProductionRuns
            "{record}: A4 {a4} of {server} has no {which} address";
    instance_does_not_run(server, id) SafetyRule::ProductionRuns "{server}: {id} does not run";
    b1_is_not_healthy_now(server) ErrorName::NotReady
            "{server}: A4 is protected, and B1 is not healthy at this moment";
    a4_is_not_protected(server, why) SafetyRule::ProductionRuns "{server}: A4 is not protected: {why}";
    step_is_of_another_procedure(procedure) SafetyRule::ProductionUntouchedByDrill
            "this step does not belong to a {procedure}";
    read_too_long_ago() ErrorName::Stale "the live state was read too long ago to act upon";
    a2_still_replicates(server, a2) SafetyRule::PageOrder
            "{server}: A2 {a2} still replicates; it is stopped first";
    b3_existed(server, b2) SafetyRule::OwnFleetOnly
            "{server}: B3 {b2} existed before B1 was launched into it";
    job_is_waited_for(server, job) ErrorName::NotReady "{server}: job {job} is working on it";
    job_is_at_work(server, job) SafetyRule::LaunchedOnce "{server}: job {job} is working on it";
    a4_is_old(server, a3) SafetyRule::DataYoungEnough "{server}: A4 {a3} holds old data";
    nobody_agreed_to_a4(server, a3) SafetyRule::OthersUntouched
        "{server}: no run launched A4 {a3}, and the plan has no gate beforeRedirect at which a person agrees \
         to use it";
    insync_is_not_known() SafetyRule::ProductionRuns
        "the run does not know since when its records are INSYNC, so clients may still use B3. Start again \
         with the same plan: it reads them again";
    clients_may_still_use(by) ErrorName::NotReady
            "clients may still use B3 until {by}: the TTL that the records had has not passed";
    record_has_a_routing_policy(server) SafetyRule::OwnFleetOnly
            "{server}: the record has a routing policy; only simple records are changed";
    record_is_missing(server) SafetyRule::ProductionRuns
        "{server}: the zone has no such record, so it is not known what serves. Find out, and create the \
         record with the address of what serves";
    record_is_not_simple(server) SafetyRule::OwnFleetOnly
            "{server}: the record is an alias or has several values; only simple records are changed";
    b1_protects_another(server, other) SafetyRule::ProductionRuns
            "{server}: B1 protects {other}, which is neither A1 nor A4";
    record_points_elsewhere(record, held, what) SafetyRule::ProductionRuns
        "{record}: the record holds {held}, {what}. What is there may be production, so it is not changed. \
         Find out what serves; if it is B3 or A4, point the record at it and start again with the same \
         plan; if it is not, do not fail back";
    b2_is_another(server, b2) SafetyRule::OwnFleetOnly
            "{server}: {b2} is not the B2 that this run started with";
    b2_is_not_of_ec2(server, b2) SafetyRule::OwnFleetOnly "{server}: B2 {b2} did not originate in AWS";
    reversed_already(server) SafetyRule::LaunchedOnce "{server}: replication is reversed already";
    a4_is_kept(server, a3, why) SafetyRule::ServingUntouched
            "{server}: A4 {a3} is not launched again: {why}";
    a_persons_a4_is_kept(server, a3) SafetyRule::OthersUntouched
        "{server}: A4 {a3} is not launched again: no run of this program launched it. If nobody uses it, terminate it in \
         the DRS console, and ask again";
    nobody_aborted() SafetyRule::OwnFleetOnly "nobody has aborted this failback";
    traffic_has_moved() SafetyRule::ServingUntouched
        "traffic has moved to A4, or some of it, so an abort ends nothing. Start the failback again with the same plan, \
         without abort: it goes on from here";
    b1_protects_the_a4_to_end(server) SafetyRule::ServingUntouched
        "{server}: B1 protects A4, which may be production, so an abort ends nothing. Start the failback again with the \
         same plan, without abort: it goes on from here";
    plan_keeps_a4() SafetyRule::OwnFleetOnly "the plan keeps A4 when the failback is aborted";
    no_failback_launched_a4(server, a4) SafetyRule::OthersUntouched
        "{server}: A4 {a4} is A1, or no failback of this program launched it";
    a4_is_not_ended(server, a4, why) SafetyRule::ServingUntouched
        "{server}: A4 {a4} is not terminated: {why}. If nobody uses it, terminate it in the DRS console";
    b3_does_not_run(server, a4) SafetyRule::ProductionRuns
        "{server}: A4 {a4} is not terminated: B3 does not run. Start B3, and abort again";
    aborted_a3_lacks_the_runs_tag(server, a3) SafetyRule::OthersUntouched
        "{server}: A3 {a3} does not carry this run's tag. Start again with the same plan: the tag is written again";
    a2_is_not_prepared(server) ErrorName::NotReady
            "{server}: A2's launch settings are not those of the plan";
    a2_protects_a_kept_b3(server) SafetyRule::ServingUntouched
            "{server}: the plan keeps B3, which A2 protects";
    a2_is_connected(server, a2) SafetyRule::PageOrder "{server}: A2 {a2} is not disconnected";
    a2_is_gone(server) SafetyRule::OwnFleetOnly "{server}: A2 is gone";
    a3_still_exists(server, a3) SafetyRule::PageOrder "{server}: A3 {a3} still exists";
    b2_still_exists(server, b2) SafetyRule::PageOrder "{server}: B2 {b2} still exists";
    drill_would_launch_into_a1(server, target) SafetyRule::ProductionUntouchedByDrill
            "{server}: A2 would be launched into {target}, which is A1";
    a2_launches_into_an_instance(server, target) SafetyRule::OwnFleetOnly
        "{server}: A2 would be launched into {target}; allow it with launch.intoSource, or clear it in A2's \
         launch settings";
    a1_is_not_stopped(server, target) ErrorName::NotReady
            "{server}: A1 {target} must be stopped to be launched into";
    a2_is_not_ready(server, why) ErrorName::NotReady "{server}: A2 is not ready: {why}";
    job_is_at_work_on_a2(server, job) SafetyRule::LaunchedOnce "{server}: job {job} is working on A2";
    earlier_a4_is_unknown(server, a2, instance, rule) ErrorName::NotReady
        "{server}: A2 {a2} was launched before and DRS shows no A3 of it; a launch would terminate {instance}, \
         which may be production ({rule}). If it is production, finish the page's step 4 by hand. If it is \
         not, terminate it in EC2 and start again. Do not disconnect A2: that uninstalls the agent on B3";
    not_launched(often, reasons, remedy) ErrorName::LaunchFailed
            "could not be launched, {often}: {reasons}{remedy}";
    b2_was_not_launched(server, times, job, region) ErrorName::LaunchFailed
            "{server}: launching B2 failed {times}; see the log of job {job} in {region}";
    a2_or_its_template_is_missing(server) ErrorName::NotFound
            "{server}: A2 or its launch template does not exist";
    a4_is_too_old_again(servers, how_old) ErrorName::ValidationFailed
        "{servers}: A4 holds data {how_old} (launch.dataAgeSecondsMax), launched as often as \
             launch.relaunchesMax allows. Use fewer waves or a larger limit, and start again";
    redriven_since_the_freeze() SafetyRule::DataYoungEnough
        "this execution was redriven, and writes to B3 may go on since it had ended: A4 may lack some. Start \
             again with the same plan: it asks for another freeze, and launches again";
    not_drained(server) SafetyRule::DataYoungEnough
        "{server}: A2 is not known to hold all that B3 accepted before a freeze";
    freeze_is_over(server) SafetyRule::DataYoungEnough
        "{server}: the freeze of B3 is over, or too near its end, so that B3 may take writes before traffic has moved. Raise \
         cutover.freezeMinutesMax if the launch needs longer, and start again with the same plan: it freezes and launches again";
    freeze_is_being_lifted(server) ErrorName::NotReady "{server}: an earlier freeze of B3 is being lifted";
    lease_is_not_shown(server) ErrorName::NotReady "{server}: DRS does not show the lease of the freeze yet";
    data_is_missing(why) SafetyRule::DataYoungEnough
        "the hook says that A4 lacks what B3 has accepted: {why}. Traffic was not moved. Find out what wrote to B3 after the \
         freeze, or what was not flushed; then start again with the same plan: it freezes and launches again";
    data_is_being_verified(why) ErrorName::NotReady "the hook has not said yet that A4 holds all that B3 has accepted: {why}";
    traffic_may_have_moved(server) SafetyRule::ProductionRuns
        "{server}: the plan's records do not show that clients use B3, so its freeze is not lifted. Find out what serves. If it \
         is B3, point the record at it; if it is A4, start the failback again with the same plan";
    hook_answers_oddly(answer) ErrorName::Rejected
        "the hook (FreezeHookArn) answered {answer}, and not a JSON object with the status done, waiting or missing. Correct the \
         function as docs/freeze.md describes it, and start again with the same plan";
    stack_has_no_hook() ErrorName::NotFound
        "the stack has no hook any more. Deploy it with FreezeHookArn, and start again with the same plan";
    hook_failed(what) ErrorName::Rejected
        "the hook (FreezeHookArn) failed: {what}. Look at the log of that function, mend it, and start again with the same plan";
    record_was_changed(found, answer) ErrorName::Conflict
        "{found}, and Route 53 refuses to replace it ({answer}). Somebody may have changed it after it was \
         read. Find out what serves, and start again with the same plan: it reads the record again";
    another_launch_is_no_cure(server, why, remedy) ErrorName::ValidationFailed
            "{server}: {why}. Launching again does not help. {remedy}, and start again";
    a4_does_not_work(reasons, source) ErrorName::ValidationFailed
        "A4 does not work: {reasons}. It was launched as often as launch.relaunchesMax allows. Check A4 in \
         {source}, fix what keeps it from starting, and start again with the same plan";
    a4_does_not_pass_and_may_serve(server, why, refusal) ErrorName::Guard
        "{server}: A4 does not pass validation: {why}. {refusal}. Repair A4 as it runs, and start again with \
         the same plan";
    is_ambiguous(about, fact) SafetyRule::OwnFleetOnly "{about}: {fact}";
    another_run_is_in_the_way(server, fact) ErrorName::NotReady "{server}: {fact}";
    not_owned(server, why) SafetyRule::OthersUntouched "{server}: {why}";
    a1_lacks(server, fact) ErrorName::NotReady "{server}: {fact}";
    drill_has_no_network(fact) ErrorName::InvalidPlan "$.drill.network: {fact}";
    timed_out(step, waited_minutes, limit, why) ErrorName::TimedOut
        "{step} has waited {waited_minutes} min, longer than {limit} of the plan: {why}. If it only needs \
         longer, raise that limit; then start again with the same plan";
    plan_is_wrong(problems) ErrorName::InvalidPlan "{problems}";
    things_stand_in_the_way(things, findings) ErrorName::NotReady
            "{things} in the way; nothing was changed{findings}";
    call_ran_out_of_time() ErrorName::Unavailable
            "the call's time was over before AWS had answered the step";
    template_has_no_default(template) ErrorName::NotFound
            "launch template {template} has no default version";
    was_not_read(part) ErrorName::Internal
        "a step needs {part} and has not read it. Report this text to whoever deployed this version";
    payload_does_not_fit(step, error) ErrorName::Internal
        "the payload does not fit {step}: {error}. Deploy state machines and functions together, and start again with the same \
         plan";
    cannot_be_written(what, error) ErrorName::Internal
        "{what} cannot be written as JSON: {error}. Report this text to whoever deployed this version";
    drained_without_a_freeze() ErrorName::Internal
        "replication is drained only after a freeze. Deploy state machines and functions together, and start again with the \
         same plan";
    request_is_incomplete(error) ErrorName::Internal
        "a request to AWS is incomplete: {error}. Report this text to whoever deployed this version";
    is_no_arn(text) ErrorName::Internal
        "`{text}` is not an ARN. Correct the settings of this function, and start again with the same plan";
    machines_are_not_set(names) ErrorName::Internal
        "executions cannot be read without {names}. Set both for this function, and start again with the same plan";
    machines_are_set_apart(names) ErrorName::Internal
        "only one of {names} is set. Set both for this function or none, and start again with the same plan";
    setting_needs(setting, other) ErrorName::Internal
        "{setting} needs {other}. Correct the settings of this function, and start again with the same plan";
    setting_is_wrong(setting, error) ErrorName::Internal
        "{setting}: {error}. Correct the settings of this function, and start again with the same plan";
}

/// Returns what a person does about an answer of AWS with which a step ends, if that is not in the answer.
pub fn remedy(name: ErrorName, operation: &str) -> Option<String> {
    Some(match name {
        ErrorName::AccessDenied => format!(
            "Allow {operation} in the role of this function, as docs/iam.md lists it, and look for what denies it: a \
             service control policy, a permissions boundary, or the policy of a key. Then start again with the same plan"
        ),
        ErrorName::QuotaExceeded => format!("{}. Then start again with the same plan", quota(operation)),
        ErrorName::NotInitialized => "Open the DRS console of that Region and set it up. Then start again with the same \
                                      plan"
            .to_owned(),
        ErrorName::Throttled | ErrorName::Unavailable => "The call was repeated for as long as the state machine \
                                                          allows. Look at the AWS Health Dashboard, and start again \
                                                          with the same plan once AWS answers"
            .to_owned(),
        ErrorName::Conflict | ErrorName::NotFound => "Somebody may be working on it. Find out who, and start again with \
                                                      the same plan: the state is read again"
            .to_owned(),
        ErrorName::Rejected => "AWS takes no such request, so that trying again does not help. Report it with this text \
                                to whoever deployed this version"
            .to_owned(),
        ErrorName::InvalidPlan
        | ErrorName::NotReady
        | ErrorName::Guard
        | ErrorName::LaunchFailed
        | ErrorName::ValidationFailed
        | ErrorName::Stale
        | ErrorName::TimedOut
        | ErrorName::Internal => return None,
    })
}

/// Returns how to raise the quota that an operation may use up.
pub fn quota(operation: &str) -> String {
    let quotas = match operation {
        "drs:StartRecovery" => {
            "L-D88FAC3A (concurrent jobs), L-05AFA8C6 (servers in all jobs) or a quota of EC2"
        }
        "drs:TerminateRecoveryInstances" => {
            "L-D88FAC3A (concurrent jobs) or L-05AFA8C6 (servers in all jobs)"
        }
        "drs:ReverseReplication" => {
            "L-C1D14A2B (replicating source servers) of the Region that it replicates to"
        }
        _ => "the quota that the answer names",
    };
    format!("Request more of {quotas} in Service Quotas, or free what is not used")
}

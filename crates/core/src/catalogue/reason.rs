//! What a step answers: why it waits, and what it has done. A reason names what a person can do where the wait may need one.

use std::fmt::Display;

use super::{Entry, Reason, entries};

entries! {
    Reason:
    servers_are_ready(servers) "{servers} ready";
    a2_is_missing() "not replicating: A2 does not exist";
    not_replicating(why) "not replicating: {why}";
    claim_settles() "until every other run must have seen the claim";
    servers_are_claimed(servers) "{servers} claimed";
    some_are_claimed(claimed, servers) "claimed so far: {claimed} of {servers}";
    read_too_long_ago() "what was read is old";
    a3_stays(reasons) "A3 cannot be deleted yet: {reasons}";
    records_are_deleted() "the records of the failback launch are deleted";
    launched_again_later(reason, remedy) "{reason}. It is launched again. {remedy}";
    ec2_terminated_a4(a4, reason) "EC2 terminated A4 {a4}: {reason}";
    of_a_job(job, reason) "job {job}: {reason}";
    servers_are_launched(servers) "{servers} launched";
    prepared_again(servers) "{servers}: the launch settings are no longer the plan's, so they are prepared \
         again";
    no_job_capacity() "DRS has no job capacity left";
    not_launched_yet(reasons) "waiting to be launched: {reasons}";
    launching(servers) "launching {servers}";
    still_launching(servers, minutes) "launching {servers}, for {minutes} min so far";
    out_of_time_to_launch() "launching the recovered servers: this call has no time left";
    b1_is_not_launched_yet(reason) "DRS does not launch all recovered servers yet: {reason}";
    launching_recovered(servers) "launching B3 of {servers}";
    agents_not_seen(servers) "DRS has not seen the agents of {servers} yet";
    recovered_are_up(recovered_servers) "{recovered_servers} up";
    some_are_prepared(prepared, servers, reasons) "prepared so far: {prepared} of {servers}; {reasons}";
    servers_are_prepared(servers) "{servers} prepared for launch";
    settings_are_kept(servers) "launch settings kept before the change, of {servers}";
    traffic_is_not_recorded(unrecorded) "that traffic has moved is not recorded yet: {unrecorded}";
    ttl_has_not_passed(by) "clients may still use B3 until {by}: the TTL that the records had has not \
         passed";
    looked_at_once_more() "B1 of every server protects A4 by its numbers, and is looked at once more";
    servers_are_protected(servers) "{servers} protected";
    agent_on_a4_not_seen() "DRS has not seen the agent on A4 yet";
    a3_is_not_reversed_yet(reason) "DRS does not reverse replication of A3 yet: {reason}";
    b1_is_missing() "B1 does not exist";
    b1_is_not_repointed() "B1 does not protect A4 yet";
    b1_is(state) "B1 is {state}";
    another_b1_is(id, state) "A4 is protected by {id}, which DRS has made instead of re-pointing B1. It is {state}";
    a2s_are_in_order(source_servers) "{source_servers} (A2) in order";
    lags_behind_b3(minutes) "lags {minutes} min behind B3";
    gate_waits(state, minutes) "waits at {state} for {minutes} min";
    no_gate_waits() "no failback waits for an answer";
    last_drill(days) "the last drill that succeeded ended {days} ago";
    no_drill_is_known(days) "no drill has succeeded in the last {days} days";
    runs_are_watched(gates, drill) "{gates}; {drill}";
    b2_is_not_tagged_yet(servers) "B2 cannot be tagged with this drill yet: {servers}";
    a3_is_not_tagged_yet(servers) "A3 cannot be tagged with this run yet: {servers}";
    a3_tag_is_not_shown(servers) "DRS does not show this run's tag on A3 of {servers} yet";
    all_failed_back() "every server has failed back already";
    not_redirected_yet(reason) "traffic cannot be redirected yet: {reason}";
    records_propagate(records) "Route 53 is propagating the change of {records}";
    records_are_kept(records) "{records} kept as evidence before the change";
    old_data_is_launched_again(how_old, servers) "launched again, as the data of A4 is {how_old}: {servers}";
    traffic_is_redirected() "traffic is redirected to the failed-back servers";
    changes_propagate(changes) "Route 53 has not reported INSYNC for {changes} yet";
    a2_stays(reasons) "A2 cannot be removed yet: {reasons}";
    a2_is_disconnecting(servers) "A2 is being disconnected: {servers}";
    a2_is_deleted() "the reversed source servers are deleted";
    servers_replicate(servers) "{servers} replicating to the source Region";
    b2_does_not_run() "B2 does not run";
    agent_on_b3_not_seen() "DRS has not seen the agent on B3 yet";
    b1_does_not_stop_yet(reasons) "replication of B1 does not stop yet: {reasons}";
    b1_is_stopped(servers) "replication of B1 stopped for {servers}; its points in time are deleted";
    a2_does_not_show(server) "{server}: B2 replicates and DRS does not show A2 yet";
    a2_does_not_stop_yet(reasons) "replication of A2 does not stop yet: {reasons}";
    a2_goes_on() "replication to the source Region goes on: it protects B3";
    a2_is_stopped() "replication to the source Region is stopped for all servers";
    job_goes_first(server, job) "{server}: job {job} must end first";
    a3_is_not_terminated_yet(servers, reason) "DRS does not terminate A3 of {servers} yet: {reason}";
    terminating_drill_servers(servers) "terminating the drill's servers of {servers}";
    drill_servers_are_gone() "the drill's servers are terminated";
    abort_is_claimed() "A4 that the abort terminates carries the run's tag";
    failed_back_servers_are_gone(servers) "A4 of {servers} terminated; B3 serves, and A2 protects it";
    failed_back_servers_are_left(servers, others) "A4 of {servers} terminated; that of {others} is left: it is A1, or no \
         failback of this program launched it";
    failed_back_servers_are_kept() "the plan keeps A4 of an aborted failback";
    terminating_failed_back_servers(servers) "terminating A4 of {servers}";
    launch_is_not_shown(servers) "{servers}: DRS has launched A4 and does not show it yet";
    asked_again(servers) "somebody asked for another launch of {servers}";
    no_such_server(server) "`{server}` is no server of the plan";
    nothing_named() "it names no server: send `all`, or a list of names";
    not_followed() "the answer at the gate is not followed";
    originals_are_gone() "the original servers are terminated";
    terminating_originals(servers) "terminating the originals of {servers}";
    originals_stay(reasons) "originals cannot be terminated yet: {reasons}";
    recovered_are_gone() "the recovered servers are terminated";
    recovered_stay(reasons) "cannot be terminated yet: {reasons}";
    still_being_launched(servers) "still being launched: {servers}";
    terminating(servers) "terminating {servers}";
    a4_is_gone() "A4 no longer exists";
    checks_initialize() "status checks are initializing";
    a4_does_not_show() "EC2 does not show A4 yet";
    a4_is_stopped(a4, reason) "A4 {a4} is stopped ({reason}). Start A4";
    no_checks_yet() "EC2 shows no status checks yet";
    actions_failed(join) "post-launch actions failed: {join}";
    actions_run() "post-launch actions run";
    check_fails(check) "the {check} status check fails";
    check_does_not_pass_yet(check) "the {check} status check does not pass yet";
    servers_work(servers) "{servers} working";
    replication_is(state) "{state}";
    no_job_capacity_for(servers) "DRS has no job capacity left for {servers}";
    b1_was_stopped() "replication of B1 was stopped already";
    a2_does_not_exist() "A2 does not exist";
    one_more_contact() "one more contact of its agent is waited for";
    disks_are_compared() "its disks are compared again";
    lags(lag_seconds, backlog) "lag {lag_seconds} s, backlog {backlog} MiB";
    writes_are_frozen(servers) "the hook has frozen B3 of {servers}";
    leases_are_taken(taken, servers, reasons) "leases of the freeze so far: {taken} of {servers}; {reasons}";
    lease_is_taken() "its lease is taken, and not shown yet";
    hook_freezes(why) "the hook stops writes to B3: {why}";
    no_freeze_is_to_be_lifted() "no freeze is to be lifted";
    freeze_goes_on(servers) "freeze of {servers} goes on";
    freeze_is_marked(servers) "freeze of {servers} marked, to be lifted";
    traffic_has_moved(servers) "freeze of {servers} not lifted: clients use A4";
    freeze_is_lifted(servers) "freeze of {servers} lifted";
    freeze_stays(servers, why) "freeze of {servers} not lifted: {why}";
    execution_is_not_shown(execution) "Step Functions does not show {execution} here";
    no_contact_since_the_freeze() "its agent has not been in contact since the freeze";
    servers_are_drained(servers) "A2 of {servers} holds all that B3 accepted";
    still_on_their_way(reasons) "writes to B3 are stopped, and some are still on their way: {reasons}";
    from_before_the_freeze() "its A4 is from before the freeze, and is launched again";
    other_settings() "the launch settings are no longer the plan's";
    servers_are_ready_and_shown_otherwise(servers, names) "{servers} ready; the console may show another \
         launch state for {names}";
    synchronizing(reasons, percent, gib, rest) "{reasons}, {percent} % of {gib} GiB copied{rest}";
    stalled_and_synchronizing(stalled, synchronizing) "{stalled}; {synchronizing}";
    launched_again_soon(reason) "{reason}. It is launched again";
    already_changed() "the records point at A4 already; their change may still be propagating";
    a3_is_reversing() "replication of A3 is being reversed";
    a2_not_shown() "DRS does not show A2 yet";
    launched_as_a_drill(reason) "{reason} (if DRS does not reverse what was launched as a drill, set \
         drill.launchAs to recovery)";
    agent_on_a4_needs_policy() "DRS has not seen the agent on A4 yet. Its instance profile's role needs \
         the policy AWSElasticDisasterRecoveryRecoveryInstancePolicy, and A4 a way to DRS";
    actions_not_begun() "post-launch actions have not begun: DRS has not found the SSM agent on A4. It \
         must be installed, its instance profile needs AmazonSSMManagedInstanceCore, and A4 a way to \
         Systems Manager";
    needs_longer(reason) "{reason}; if it only needs longer, raise limits.validationMinutes and start \
         again";
    servers_work_but_actions_failed(servers, reasons) "{servers} working; optional post-launch actions \
         failed: {reasons}";
    launched_again(reasons) "launched again: {reasons}";
    no_reason_of_drs() "DRS gives no reason; possible causes are a missing EC2 permission of the caller \
         and an unusable launch template";
    out_of_time() "this call has no time left";
    slow_down() "AWS asks to slow down";
    stalled(state, error, remedy) "{state} ({error}): {remedy}";
    no_answer_in_time() "no answer in time, which counts as a refusal";
    launching_again_does_not_help() "launching again does not help";
    nobody_can_own_it() "neither B2 nor A2 exists, so no run owns it";
    not_claimed() "this run has not claimed it";
    a_record_points_at_it() "a record of the plan points at it";
    a_record_is_at_no_instance() "a record of the plan holds an address of none of its servers' instances";
    a_record_points_at_another_b3() "a record of the plan points at another B3";
    a1_does_not_run() "A1 does not run";
    no_drill_launched_it() "no drill of this program launched it, and the plan does not call it disposable";
    a3_does_not_exist() "A3 does not exist";
    a4_is_not_known() "A4 is not known";
    b1_protects_another() "B1 protects another instance";
    a3_is_not_reversed() "replication of A3 is not reversed";
    hook_was_not_asked() "the hook was not asked";
    is_synchronizing() "it is synchronizing";
    b1_protects_it() "B1 protects it";
    clients_use_it() "clients use it";
    redirected_by_hand() "traffic was redirected by hand";
    may_serve_clients() "another run or a person launched it, and it may serve clients";
    no_snapshot_of_this_b3() "it has no recovery snapshot of this B3 yet";
    drs_says(error) "DRS says: {error}";
    action_failed(failure) "{failure}";
    hook_says(why) "{why}";
    refused_for_now(refusal) "{refusal}";
    of_servers(reasons) "{reasons}";
    quota_is_used_up(answer, quota) "{answer} ({quota})";
}

//! How a run has ended: where production is now, what protects it, what is gone, and what comes next. No sentence advises to
//! end what may serve clients, or what protects it.

use std::fmt::Display;

use super::{Entry, Sentence, entries};

/// Returns how old the newest copy of the data is; one whose age is not known may be as old as the run.
pub fn copies(age_seconds: Option<u64>) -> String {
    match age_seconds {
        Some(age @ 0..120) => format!("the newest copy of its data is at most {} s old", age.max(1)),
        Some(age) => format!("the newest copy of its data is at most {} min old", age.div_ceil(60)),
        None => "it is not known how old the newest copy of its data is".to_owned(),
    }
}

/// Returns the command that starts an execution again with the same plan; `None` for one that has no ARN, as in a
/// rehearsal.
pub fn start_again(execution: &str) -> Option<String> {
    let (machine, _) = execution.rsplit_once(':')?;
    let machine = machine.replacen(":execution:", ":stateMachine:", 1);
    let region = execution.strip_prefix("arn:")?.split(':').nth(2)?;
    Some(format!(
        "aws stepfunctions start-execution --region {region} --state-machine-arn {machine} --input \"$(aws stepfunctions \
         describe-execution --region {region} --execution-arn {execution} --query input --output text)\""
    ))
}

entries! {
    Sentence:
    nothing_is_left_to_do() "Nothing is left to do";
    nothing_else_is_left_to_do() "Nothing else is left to do";
    leftovers_are_removed() "Nothing is left of the interrupted drill. This execution rehearsed nothing: start the drill again";
    production_runs(place) "Production runs in {place}";
    clients_use(servers, place) "Clients of {servers} use {place}";
    unknown_what_serves(servers) "The plan's records do not show what clients of {servers} use";
    clients_may_still_use_b3(until) "Until {until}, clients may still use B3: the TTL of the records before";
    protects(source_server, instance, servers, copies) "{source_server} protects {instance} of {servers}; {copies}";
    does_not_protect(source_server, instance, servers, copies) "{source_server} does not protect {instance} of {servers}; \
         {copies}";
    writes_are_stopped(servers, since) "Writes to B3 stopped at {since}, for {servers}: let them go on. The next start asks to \
         stop them again";
    writes_go_on_soon(servers, since) "Writes to B3 stopped at {since}, for {servers}. The stack lets them go on within minutes \
         of the end of this execution, unless clients use an A4 by then. The next start stops them again";
    no_longer_exists(instance, servers) "{instance} of {servers} no longer exists";
    points_in_time_are_deleted(servers) "B1 of {servers} is stopped: its points in time are deleted";
    every_b3_exists() "Every B3 still exists";
    b3_is_left(servers) "B3 of {servers} existed before B1 was launched into it, and is left with its B2. Delete B2 in the DRS \
         console without terminating it, and stop B3: the next recovery launches into it again";
    another_b1_protects(servers, now, earlier) "DRS has made another source server of {servers} instead of re-pointing B1: {now} \
         protects A4, and not {earlier}, which still names A1. Before the next recovery, drill or failback, give it the tags \
         of that B1 or its id's place in the plan, and recover nothing from the earlier one: its data is that of A1";
    other_b1s_protect(servers, now, earlier) "DRS has made another source server of {servers} instead of re-pointing B1: {now}, \
         and the others as the report lists them, protects A4, and not {earlier}, which still names A1. Before the next \
         recovery, drill or failback, give it the tags of that B1 or its id's place in the plan, and recover nothing from \
         the earlier one: its data is that of A1";
    ready_to_go_home() "This run launched nothing. A2 goes on replicating, and it and its staging area are billed. To go home, \
         start the failback with the same plan without endWhenReady. Until then, do not stop, terminate or disconnect any \
         instance or source server of the plan, and have the stack watch A2 (WatchState)";
    led_back() "The failback was aborted, and no traffic has moved. Clients may go on writing to B3. A2 goes on protecting it, \
         and it and its staging area are billed. To fail back later, start the failback with the same plan, without abort. \
         Until then, do not stop, terminate or disconnect any instance or source server of the plan";
    a4_is_left_running(servers) "A4 of {servers} is left, and billed: the plan keeps it, it is A1, or no failback of this \
         program launched it";
    cannot_be_read(servers, problem) "{servers} cannot be read as a whole: {problem}";
    drill_changed_nothing() "The drill changed neither A1, B1 nor a record. Fix the cause; what is left of the drill is listed \
         per server, and starting the drill again removes it";
    drill_left_nothing() "The drill changed neither A1, B1 nor a record, and nothing of it is left. Fix the cause and start \
         the drill again";
    clients_use_a1() "Leave everything as it is, and find out why clients use A1: a failback brings back what runs in B3";
    clean_up_is_not_complete() "The clean-up is not complete";
    start_the_failback_again() "Fix the cause and start the failback again with the same plan: it continues from here. Until \
         then, do not stop, terminate or disconnect any instance or source server of the plan";
    start_it_again_and_leave_b3() "Fix the cause and start the failback again with the same plan: it continues from here. Until \
         then, do not stop, terminate or disconnect any instance or source server of the plan, and do not send clients \
         back to B3: A4 has writes that B3 lacks";
    both_are_billed(servers) "A4 and B3 of {servers} run, and both are billed";
    summary_succeeded(run) "{run} succeeded";
    summary_ready(run) "{run} is ready to go home";
    summary_nothing_to_do(run, region) "{run}: nothing to do: every server ran in {region} already";
    summary_cleaned_up(run) "{run}: what an interrupted drill had left was removed, and nothing was rehearsed";
    summary_stopped(run, outcome, step, error, cause) "{run} {outcome}: {step}: {error}: {cause}";
}
